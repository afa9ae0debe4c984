"""Foldings: how much of a layer's arithmetic exists as hardware, and how often it is used for a frame."""

from __future__ import annotations

from dataclasses import dataclass


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


def fold_sizes(length: int) -> list[int]:
    """Every size that divides ``length`` into a different number of groups, each as small as it can be."""
    counts = {-(-length // size) for size in range(1, length + 1)}
    return sorted(-(-length // count) for count in counts)
