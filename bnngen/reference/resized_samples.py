"""Raw images and sequences that are made smaller and then become codes by the network's own quantiser."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bnngen.reference.resize import Resize, resize_of

PLACE_ORDERS = (["place", "channel"], ["channel", "place"])
"""The orders of elements in a frame, the last of it fastest: ``places_last`` is the second one."""


@dataclass(frozen=True)
class ResizedSamples:
    """Samples become smaller by ``resize``; each of their values is then one element, by ``quantize`` of
    ``interface.json``. The elements are in the order of places and channels or, with ``places_last``, of
    channels and places."""

    resize: Resize
    places_last: bool

    names: ClassVar[tuple[str, ...]] = ()
    """Those of its columns: samples have none."""
    label: ClassVar[str | None] = None
    """What the column with the classes was called: there was none."""
    possible_codes: ClassVar[Mapping[str, NDArray[np.int64]]] = {}
    """The quantiser makes the codes."""

    @property
    def values(self) -> int:
        """How many raw values a sample has."""
        return self.resize.values

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return math.prod(self.resize.resized_shape)

    def to_data(self) -> dict[str, Any]:
        """As it stands in metadata and in ``interface.json``."""
        return {
            "rounding": "float32",
            "samples": {
                "resize": self.resize.to_data(),
                "shape": list(self.resize.resized_shape),
                "order": PLACE_ORDERS[self.places_last],
            },
        }


def resized_samples_of(data: Mapping[str, Any], shape: tuple[int, ...]) -> ResizedSamples:
    """What `ResizedSamples.to_data` has written under ``samples``, whose ``shape`` is this. Raises ValueError
    that says what is wrong."""
    if data.get("order") not in PLACE_ORDERS:
        raise ValueError(f"the order of its 'samples' is {PLACE_ORDERS[0]} or {PLACE_ORDERS[1]}")
    return ResizedSamples(resize_of(data.get("resize"), shape), data["order"] == PLACE_ORDERS[1])
