"""Thresholds: from accumulators to low-bit codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.arithmetic.comparators import ParallelComparators, SearchingComparators
from bnngen_hw.arithmetic.threshold_table import MAX_PARALLEL, ThresholdTable
from bnngen_hw.counting import index_range
from bnngen_hw.encoding import Encoding
from bnngen_hw.memories import RomStyle
from bnngen_hw.part import Part
from bnngen_hw.roms.rom_block import RomPieces


class ThresholdUnit(Part):
    """``pe`` accumulators to output codes, by the thresholds of their rows (see `ThresholdTable`).

    Lane p of fold f belongs to row ``f * pe + p`` of ``thresholds`` (rows, L) and ``invert`` (rows,). Up to
    `MAX_PARALLEL` thresholds a row: `ParallelComparators`; more: `SearchingComparators`.

    ``style``, ``pieces``: those of the tables, see `Rom`; pieces for each of ``roms``, or none.

    Free running: new accumulators every cycle. Latency: ``latency`` cycles.

    Ports: ``acc`` (in): ``pe`` accumulators in the encoding ``acc``. ``fold`` (in): the fold of the
    accumulators in the *next* cycle. ``codes`` (out): ``pe`` codes of ``out.bits`` bits.

    Raises ValueError if the rows are not sorted or not whole folds, or ``out`` can't hold the values.
    """

    def __init__(
        self,
        pe: int,
        acc: Encoding,
        thresholds: NDArray[np.integer],
        invert: NDArray[np.bool_] | None,
        out: Encoding,
        out_lo: int = 0,
        style: RomStyle = "logic",
        pieces: Sequence[RomPieces] = (),
    ) -> None:
        self.table = ThresholdTable.checked(thresholds, invert, out, out_lo)
        rows = len(self.table.thresholds)
        if not rows or rows % pe:
            raise ValueError(f"{rows} rows are not whole folds of {pe} lanes: pad them")
        self.pe, self.acc_encoding, self.out, self.folds = pe, acc, out, rows // pe
        kind = ParallelComparators if self.table.levels <= MAX_PARALLEL else SearchingComparators
        self._core = kind(pe, acc, self.table, style, pieces)
        self.latency, self.roms = self._core.latency, self._core.roms
        members = {"acc": In(pe * acc.bits), "fold": In(index_range(self.folds)), "codes": Out(pe * out.bits)}
        super().__init__(members)

    def compute(self, acc: NDArray[np.integer], fold: NDArray[np.integer]) -> NDArray[np.int64]:
        """The output values for accumulators (n, pe) of the folds (n,)."""
        return self.table.compute(acc, np.asarray(fold)[:, None] * self.pe + np.arange(self.pe))

    def elaborate(self, platform: Any) -> Module:
        """Connects the comparators."""
        m = Module()
        m.submodules.core = core = self._core
        m.d.comb += [core.acc.eq(self.acc), core.fold.eq(self.fold), self.codes.eq(core.codes)]
        return m
