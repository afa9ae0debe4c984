"""Foldings: how much of a layer's arithmetic exists as hardware, and how often it is used for a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, order=True)
class Folding:
    """``pe`` rows at a time, ``simd`` inputs of each row at a time."""

    pe: int
    simd: int

    def row_folds(self, rows: int) -> int:
        """NF: how many groups of ``pe`` rows there are; the last one may be padded."""
        return -(-rows // self.pe)

    def column_folds(self, columns: int) -> int:
        """SF: how many groups of ``simd`` inputs there are; the last one may be padded."""
        return -(-columns // self.simd)


class Foldings(NamedTuple):
    """Many of them: ``pe`` (foldings,) and ``simd`` (foldings,)."""

    pe: Integers
    simd: Integers

    @classmethod
    def of(cls, foldings: Sequence[Folding]) -> Foldings:
        """These."""
        return cls(np.array([f.pe for f in foldings], int), np.array([f.simd for f in foldings], int))

    def each(self) -> list[Folding]:
        """One by one."""
        return [Folding(*sizes) for sizes in zip(self.pe.tolist(), self.simd.tolist(), strict=True)]

    def where(self, mask: NDArray[np.bool_]) -> Foldings:
        """Those of them for which ``mask`` (foldings,) holds."""
        return Foldings(self.pe[mask], self.simd[mask])

    def row_folds(self, rows: int) -> Integers:
        """Those of each: see `Folding`."""
        return -(-rows // self.pe)

    def column_folds(self, columns: int) -> Integers:
        """Those of each: see `Folding`."""
        return -(-columns // self.simd)


def fold_sizes(length: int) -> list[int]:
    """Every size that divides ``length`` into a different number of groups, each as small as it can be."""
    counts = {-(-length // size) for size in range(1, length + 1)}
    return sorted(-(-length // count) for count in counts)


def each_once(function: Callable[[int], Any], numbers: Integers) -> Integers:
    """What ``function`` makes of each of the ``numbers``, asked once for those that are equal."""
    values, which = np.unique(numbers, return_inverse=True)
    return np.array([function(value) for value in values.tolist()], np.int64)[which.ravel()]
