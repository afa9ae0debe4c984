"""Multi-level quantiser on integers: how many thresholds does each value reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape
from bnngen.numbers.datatypes import IntType


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
        """The distance between two codes."""
        return 2 if self.type.bipolar else 1

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """That of the input."""
        if inputs[0][-1] != len(self.thresholds):
            raise ValueError(f"has {len(self.thresholds)} channels, but the input has {inputs[0][-1]}")
        return inputs[0]

    def compute(self, acc: NDArray[np.integer]) -> NDArray[Any]:
        """acc (frames, ..., C) to values of the same shape, exact, in a short integer type."""
        levels = self.thresholds.shape[1]
        count = levels_reached(acc, self.thresholds)
        if self.invert.any():
            count = np.where(self.invert, np.uint8(levels) - count, count)
        return values_of(count, levels, self.type)


def values_of(count: NDArray[np.uint8], levels: int, type_: IntType) -> NDArray[Any]:
    """The values ``count`` <= ``levels`` steps above the type's lowest one, in a short integer type."""
    step = 2 if type_.bipolar else 1
    highest = max(type_.hi, step * levels, type_.lo + step * levels)
    return count.astype(short_dtype(type_.lo, highest)) * step + type_.lo


def short_dtype(lo: int, hi: int) -> type[np.signedinteger]:
    """The shortest of numpy's signed integers that holds all of lo..hi."""
    reach = max(-lo - 1, hi)
    return next(dtype for dtype in (np.int8, np.int16, np.int32, np.int64) if reach <= np.iinfo(dtype).max)


def levels_reached(x: NDArray[Any], levels: NDArray[Any]) -> NDArray[np.uint8]:
    """x (..., C) and ``levels`` (C, L), L <= 255: how many of its channel's levels each x reaches."""
    same = levels.astype(x.dtype)
    if np.array_equal(same, levels):
        levels = same  # comparing one type with another converts all of x for each level
    count: NDArray[np.uint8] = (x >= levels[:, 0]).view(np.uint8)
    for level in levels.T[1:]:
        count += (x >= level).view(np.uint8)
    return count
