"""Accumulators: sums over the beats of a fold."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.beats import join_words
from bnngen_hw.counting import index_range
from bnngen_hw.memories import RomStyle
from bnngen_hw.part import Part
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces


class Accumulator(Part):
    """``pe`` accumulators: each fold's starts from its own value and adds ``2**shift`` times what comes.

    Arithmetic is modulo ``2**width``, so only the final value has to fit. Latency 1 cycle.

    ``start``: (folds, pe) integers, negative ones too. ``single``: every fold has one beat.
    ``style``, ``pieces``: those of the table of start values, see `Rom`.

    Ports: ``sums`` (in): ``pe`` unsigned sums of ``sum_width`` bits. ``valid`` (in): they count. ``first``
    (in): they are a fold's first. ``fold`` (in): the fold of the sums in the *next* cycle. ``acc`` (out):
    ``pe`` values of ``width`` bits; after a fold's last sums, its result, until the next valid cycle.
    """

    def __init__(
        self,
        pe: int,
        sum_width: int,
        width: int,
        start: NDArray[np.integer],
        shift: int = 0,
        single: bool = False,
        style: RomStyle = "logic",
        pieces: RomPieces = (),
    ) -> None:
        self.pe, self.sum_width, self.width = pe, sum_width, width
        self.shift, self.single = shift, single
        codes = np.asarray(start, dtype=np.int64) & ((1 << width) - 1)
        if (codes == codes[0]).all():
            codes = codes[:1]
        self._start = Rom([join_words(row, width) for row in codes], pe * width, style, pieces=pieces)
        members = {
            "sums": In(pe * sum_width),
            "valid": In(1),
            "first": In(1),
            "fold": In(index_range(len(start))),
        }
        super().__init__({**members, "acc": Out(pe * width)})

    @property
    def roms(self) -> list[Rom]:
        """The table of start values."""
        return [self._start]

    def elaborate(self, platform: Any) -> Module:
        """One adder per lane; before it, the choice between what was and where to start."""
        m = Module()
        m.submodules.start = self._start
        m.d.comb += self._start.addr.eq(self.fold)
        for lane in range(self.pe):
            acc = Signal(self.width, name=f"acc{lane}", reset_less=True)
            base = Signal(self.width, name=f"base{lane}")
            start = self._start.data[lane * self.width : (lane + 1) * self.width]
            addend = Signal(self.width, name=f"addend{lane}")
            total = self.sums[lane * self.sum_width : (lane + 1) * self.sum_width]
            m.d.comb += addend.eq(total << self.shift)
            m.d.comb += base.eq(start if self.single else Mux(self.first, start, acc))
            m.d.comb += self.acc[lane * self.width : (lane + 1) * self.width].eq(acc)
            with m.If(self.valid):
                # the operand that is no multiplexer first: some carry cells take it without a LUT
                m.d.sync += acc.eq(addend + base)
        return m
