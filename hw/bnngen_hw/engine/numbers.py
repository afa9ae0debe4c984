"""The numbers of a dense engine: ranges, widths and tables, worked out before there is any hardware."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.arithmetic.compressors import Weights
from bnngen_hw.arithmetic.product_code import ProductCode
from bnngen_hw.arithmetic.threshold_table import ThresholdTable
from bnngen_hw.encoding import Encoding
from bnngen_hw.memories import RomStyle

Integers = NDArray[np.int64]
InputRange = tuple[int, int] | tuple[Integers, Integers]
"""The least and greatest input: of all columns, or of each."""


@dataclass(frozen=True)
class RowRanges:
    """For each row of weights: the least and greatest dot product, and the offset of its raw sum."""

    lo: Integers
    hi: Integers
    offset: Integers
    gain: int

    @classmethod
    def of(cls, weights: Integers, code: ProductCode, lanes: int, x_range: InputRange | None) -> RowRanges:
        """The ranges for inputs in ``x_range``, the same for all or one a column (by default, all that the
        encoding holds), computed on ``lanes`` >= K lanes."""
        x_lo, x_hi = x_range or (code.x.lo, code.x.hi)
        ends = np.stack([weights * x_lo, weights * x_hi])
        lo, hi = ends.min(axis=0).sum(axis=1), ends.max(axis=0).sum(axis=1)
        return cls(lo, hi, code.offset(weights, lanes), code.gain)

    def extended(self, extra: Integers) -> RowRanges:
        """The ranges of all rows once for each class of positions: ``extra`` (classes, N) is what their dot
        products have beside the products."""
        lo, hi, offset = ((part + extra).ravel() for part in (self.lo, self.hi, self.offset))
        return RowRanges(lo, hi, offset, self.gain)

    def raw(self, dot: Integers) -> Integers:
        """The least raw sum whose dot product is at least ``dot`` (rows, ...), row by row."""
        offset = self.offset.reshape(-1, *[1] * (dot.ndim - 1))
        return -((offset - dot) // self.gain)

    @property
    def raw_lo(self) -> Integers:
        """The least raw sum of each row."""
        return self.raw(self.lo)

    @property
    def raw_hi(self) -> Integers:
        """The greatest raw sum of each row."""
        return (self.hi - self.offset) // self.gain

    def raw_thresholds(self, thresholds: Integers) -> Integers:
        """Thresholds (rows, L) on raw sums: none below "always" or above "never" of its row. With several
        classes of positions, the thresholds are those of each."""
        thresholds = np.tile(thresholds, (len(self.lo) // len(thresholds), 1))
        clipped = np.clip(thresholds, self.lo[:, None], self.hi[:, None] + 1)
        return self.raw(clipped)


@dataclass(frozen=True)
class AccumulatorPlan:
    """How the accumulators of an engine count.

    ``start`` (rows,): the start value of each row. ``shift``: what comes is shifted by this. ``encoding``:
    of the final value. ``thresholds`` (rows, L): on the final value; None where the value itself, or its
    sign, is the result.
    """

    start: Integers
    shift: int
    encoding: Encoding
    thresholds: Integers | None

    @classmethod
    def for_dot(cls, rows: RowRanges) -> AccumulatorPlan:
        """The final value is the dot product."""
        encoding = Encoding.for_range(int(rows.lo.min()), int(rows.hi.max()))
        return cls(rows.offset, rows.gain - 1, encoding, None)

    @classmethod
    def for_sign(cls, rows: RowRanges, thresholds: Integers) -> AccumulatorPlan:
        """The final value is the raw sum less the row's only threshold: its sign is the result."""
        raw = rows.raw_thresholds(thresholds)[:, 0]
        lo, hi = int((rows.raw_lo - raw).min()), int((rows.raw_hi - raw).max())
        return cls(-raw, 0, Encoding.for_range(min(lo, -1), hi), None)

    @classmethod
    def for_levels(cls, rows: RowRanges, thresholds: Integers, accumulates: bool) -> AccumulatorPlan:
        """The final value is the raw sum, less the least one if there is an accumulator anyway."""
        least = int(rows.raw_lo.min()) if accumulates else 0
        start = np.full(len(rows.lo), -least)
        encoding = Encoding.for_range(0, int(rows.raw_hi.max()) - least)
        return cls(start, 0, encoding, rows.raw_thresholds(thresholds) - least)

    @classmethod
    def choose(cls, rows: RowRanges, table: ThresholdTable | None, accumulates: bool) -> AccumulatorPlan:
        """The plan for no, one or more thresholds a row."""
        if table is None:
            return cls.for_dot(rows)
        if table.levels == 1:
            return cls.for_sign(rows, table.thresholds)
        return cls.for_levels(rows, table.thresholds, accumulates)


def engine_weights(rom_style: RomStyle, words: int) -> Weights:
    """Where an engine's weight bits come from, as the compressor tree wants to know it: from a ROM of
    ``words`` words in this style."""
    if words == 1:
        return "constant"
    return "counted" if rom_style == "counted" else "any"
