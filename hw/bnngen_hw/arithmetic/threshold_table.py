"""Threshold tables: what a threshold means, in software, checked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.encoding import Encoding

MAX_LEVELS = 255


def level_values(levels: int, out: Encoding, out_lo: int) -> NDArray[np.int64]:
    """The output values for 0 .. ``levels`` thresholds reached: ``out_lo`` + count; -1 and +1 if bipolar.

    Raises ValueError if ``out`` can't hold them.
    """
    if out.kind == "bipolar":
        if levels != 1:
            raise ValueError(f"a bipolar output needs exactly 1 threshold per row, not {levels}")
        return np.array([-1, 1], dtype=np.int64)
    values = out_lo + np.arange(levels + 1, dtype=np.int64)
    if values[0] < out.lo or values[-1] > out.hi:
        raise ValueError(f"outputs [{values[0]}, {values[-1]}] do not fit {out.bits} {out.kind} bits")
    return values


MAX_PARALLEL = 3
"""Up to this many thresholds are compared all at once; more are searched."""


@dataclass(frozen=True)
class ThresholdTable:
    """Rows of ascending thresholds and what they make of an accumulator.

    A row's count is the number of its thresholds t with acc >= t, or, where ``invert``, the number with acc
    < t. The output is ``values[count]``, in the encoding ``out``. Equal neighbours are fine.
    """

    thresholds: NDArray[np.int64]
    """(rows, L)"""
    invert: NDArray[np.bool_]
    """(rows,)"""
    values: NDArray[np.int64]
    """(L + 1,), each one more than the one before, or -1 and +1"""
    out: Encoding

    @classmethod
    def checked(
        cls,
        thresholds: NDArray[np.integer],
        invert: NDArray[np.bool_] | None,
        out: Encoding,
        out_lo: int = 0,
    ) -> ThresholdTable:
        """A table from anything array-like; without ``invert``, no row is inverted.

        Raises ValueError if a row is not sorted, shapes disagree, or ``out`` can't hold the values.
        """
        t = np.asarray(thresholds, dtype=np.int64)
        if t.ndim != 2 or not 1 <= t.shape[1] <= MAX_LEVELS:
            raise ValueError(f"thresholds must have shape (rows, 1 to {MAX_LEVELS}), not {t.shape}")
        unsorted = np.flatnonzero((t[:, 1:] < t[:, :-1]).any(axis=1))
        if len(unsorted):
            raise ValueError(f"thresholds of row {unsorted[0]} are not in ascending order: sort them")
        flags = np.zeros(len(t), bool) if invert is None else np.asarray(invert, dtype=bool)
        if flags.shape != (len(t),):
            raise ValueError(f"invert must have one flag for each of {len(t)} rows, not shape {flags.shape}")
        return cls(t, flags, level_values(t.shape[1], out, out_lo), out)

    @property
    def levels(self) -> int:
        """L, the thresholds of a row."""
        return int(self.thresholds.shape[1])

    def compute(self, acc: NDArray[np.integer], rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """The outputs for accumulators of any shape, each of the row in ``rows`` (same shape)."""
        count = (np.asarray(acc)[..., None] >= self.thresholds[rows]).sum(axis=-1)
        result: NDArray[np.int64] = self.values[np.where(self.invert[rows], self.levels - count, count)]
        return result
