"""Multi-level quantiser on integers: how many thresholds does each value reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.datatypes import IntType
from bnngen.graph import Shape


@dataclass(frozen=True, eq=False)
class Threshold:
    """value = type.lo + step * count, count = how many of the channel's L thresholds the input reaches.

    ``thresholds`` (C, L) integers, ascending in every row, 1 <= L <= 255 (a bipolar type has L = 1);
    ``invert`` (C,): rows in which count becomes L - count. Raises ValueError if a row isn't sorted.
    """

    thresholds: NDArray[np.int64]
    invert: NDArray[np.bool_]
    type: IntType

    def __post_init__(self) -> None:
        if np.any(np.diff(self.thresholds, axis=1) < 0):
            raise ValueError("thresholds must be ascending in every row")

    @property
    def step(self) -> int:
        return 2 if self.type.bipolar else 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        if inputs[0][-1] != len(self.thresholds):
            raise ValueError(f"has {len(self.thresholds)} channels, but the input has {inputs[0][-1]}")
        return inputs[0]

    def compute(self, acc: NDArray[np.integer]) -> NDArray[np.int64]:
        """acc (frames, ..., C) to values of the same shape, exact."""
        count = np.zeros(acc.shape, dtype=np.int64)
        for level in self.thresholds.T:
            count += acc >= level
        levels = self.thresholds.shape[1]
        return self.type.lo + self.step * np.where(self.invert, levels - count, count)
