"""A pipeline register for a stream."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class RegisterSlice(StreamComponent):
    """Cuts every path between two streams with two registers (a skid buffer).

    Latency 1 cycle, one beat per cycle. ``i.ready``, ``o.valid`` and ``o.payload`` come from registers.

    Ports: ``i`` and ``o``, streams of ``width`` bits.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    @property
    def interval(self) -> int:
        """Cycles per beat in steady state."""
        return 1

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t) + 1

    def elaborate(self, platform: Any) -> Module:
        """The second register, ``skid``, takes the beat that comes in the cycle in which the sink stalls."""
        m = Module()
        skid = Signal(self.width, reset_less=True)
        skid_full = Signal()
        valid = Signal()
        payload = Signal(self.width, reset_less=True)
        moves = Signal()
        m.d.comb += [
            self.i.ready.eq(~skid_full),
            self.o.valid.eq(valid),
            self.o.payload.eq(payload),
            moves.eq(self.o.ready | ~valid),
        ]
        with m.If(~skid_full):
            m.d.sync += skid.eq(self.i.payload)
        with m.If(moves):
            m.d.sync += [
                payload.eq(Mux(skid_full, skid, self.i.payload)),
                valid.eq(skid_full | self.i.valid),
                skid_full.eq(0),
            ]
        with m.Elif(self.i.valid):
            m.d.sync += skid_full.eq(1)
        return m
