"""From raw images and sequences to the accelerator's codes, by comparisons of float32 numbers alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.reference.preprocessing import float32_number, rising
from bnngen.reference.resize import Resize, resize_of, sample_rows
from bnngen.reference.resized_samples import ResizedSamples, resized_samples_of
from bnngen.reference.table_file import TextTable

PLACES_FIRST, PLACES_LAST = ["place", "channel", "threshold"], ["channel", "threshold", "place"]
"""The orders of elements in a frame, the last of it fastest."""


@dataclass(frozen=True)
class SampleThermometer:
    """How samples of one ``shape``, the channels last, become frames: each value one element for each of the
    ``thresholds``, float32 numbers that don't fall, for all values the same.

    An element is ``lowest`` below its threshold and ``lowest + step`` from it on. The elements are in the
    order of places, channels and thresholds, or, with ``places_last``, of channels, thresholds and places.
    With ``resize``, which makes this shape, samples become smaller first.
    """

    shape: tuple[int, ...]
    thresholds: tuple[float, ...]
    places_last: bool
    lowest: int
    step: int
    resize: Resize | None = None

    names: ClassVar[tuple[str, ...]] = ()
    """Those of its columns: samples have none."""
    label: ClassVar[str | None] = None
    """What the column with the classes was called: there was none."""

    @property
    def raw_shape(self) -> tuple[int, ...]:
        """The shape of a sample that is not resized yet."""
        return self.shape if self.resize is None else self.resize.shape

    @property
    def values(self) -> int:
        """How many raw values a sample has."""
        return math.prod(self.raw_shape)

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return math.prod(self.shape) * len(self.thresholds)

    @property
    def possible_codes(self) -> Mapping[str, NDArray[np.int64]]:
        """Each code that it can make."""
        return {"samples": np.array([self.lowest, self.lowest + self.step])}

    def codes(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Codes (N, elements) of samples (N, *raw_shape), or of their values in a row, which are rounded to
        float32. Raises DataError."""
        if self.resize is not None:
            values = self.resize(values)
        elif values.shape[1:] not in (self.shape, (self.values,)):
            raise DataError(f"the network takes samples of shape {self.shape}, not {values.shape[1:]}")
        return self._codes(values)

    def _codes(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Those of resized samples."""
        with np.errstate(over="ignore"):  # beyond float32 is infinity, beyond every threshold
            rounded = values.reshape(len(values), -1, self.shape[-1]).astype(np.float32)
        reached = rounded[..., None] >= np.array(self.thresholds, np.float32)
        if self.places_last:
            reached = np.moveaxis(reached, 1, -1)
        return self.lowest + self.step * reached.reshape(len(values), -1).astype(np.int64)

    def table_codes(self, table: TextTable) -> NDArray[np.int64]:
        """Codes (N, elements) of the rows of a CSV file, which have the values of a sample in order, the
        channels fastest. Raises DataError, which names the file."""
        if self.resize is not None:
            return self._codes(self.resize.table_samples(table))
        return self._codes(sample_rows(table, self.shape))

    def to_data(self) -> dict[str, Any]:
        """As it stands in metadata and in ``interface.json``; floats read back exactly."""
        return {
            "rounding": "float32",
            "samples": {
                **({} if self.resize is None else {"resize": self.resize.to_data()}),
                "shape": list(self.shape),
                "order": PLACES_LAST if self.places_last else PLACES_FIRST,
                "thresholds": list(self.thresholds),
                "lowest": self.lowest,
                "step": self.step,
            },
        }


def samples_of(data: object) -> SampleThermometer | ResizedSamples:
    """What `to_data` of either kind has written under ``samples``. Raises ValueError that says what is
    wrong."""
    if not isinstance(data, Mapping):
        raise ValueError("its 'samples' are no object")
    try:
        shape = tuple(data["shape"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"its 'samples' are damaged: {error}") from None
    if not shape or not all(type(size) is int and size > 0 for size in shape):
        raise ValueError("the shape of its 'samples' is a list of numbers above 0")
    if "resize" in data and "thresholds" not in data:
        return resized_samples_of(data, shape)
    try:
        order, thresholds = data["order"], tuple(float32_number(value) for value in data["thresholds"])
        lowest, step = data["lowest"], data["step"]
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"its 'samples' are damaged: {error}") from None
    if order not in (PLACES_FIRST, PLACES_LAST):
        raise ValueError(f"the order of its 'samples' is {PLACES_FIRST} or {PLACES_LAST}")
    if type(lowest) is not int or type(step) is not int:
        raise ValueError("lowest and step are whole numbers")
    resize = resize_of(data["resize"], shape) if "resize" in data else None
    return SampleThermometer(shape, rising(thresholds), order == PLACES_LAST, lowest, step, resize)
