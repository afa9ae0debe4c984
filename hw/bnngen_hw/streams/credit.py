"""Flow control for a pipeline that can't stop."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from bnngen_hw.part import Part, bit_stream
from bnngen_hw.streams.fifo import Fifo


class CreditFifo(Part):
    """The end of a free-running pipeline: a FIFO with one place for every result on the way.

    Who starts a result takes a credit for it (``promise``, only while ``free``); the result may come out any
    number of cycles later (``push``) and always finds its place. So no register of the pipeline needs a
    clock enable, and ``free`` comes from a register: no path leads from ``o.ready`` to it.

    Ports: ``promise`` (in): a result was started. ``free`` (out): one may be started. ``push``,
    ``payload`` (in): a result is there. ``o``: stream of ``width`` bits, 1 cycle after ``push``.
    """

    def __init__(self, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        super().__init__(
            {
                "promise": In(1),
                "free": Out(1),
                "push": In(1),
                "payload": In(width),
                "o": Out(bit_stream(width)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        """``owed`` counts the results promised and not yet taken by the sink."""
        m = Module()
        m.submodules.fifo = fifo = Fifo(self.width, self.depth)
        owed = Signal(range(self.depth + 1))
        taken = Signal()
        m.d.comb += [
            fifo.i.valid.eq(self.push),
            fifo.i.payload.eq(self.payload),
            self.o.valid.eq(fifo.o.valid),
            self.o.payload.eq(fifo.o.payload),
            fifo.o.ready.eq(self.o.ready),
            taken.eq(fifo.o.valid & self.o.ready),
            self.free.eq(owed != self.depth),
        ]
        with m.If(self.promise != taken):
            m.d.sync += owed.eq(Mux(self.promise, owed + 1, owed - 1))
        return m
