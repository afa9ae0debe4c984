"""One stream for several readers."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class Fork(StreamComponent):
    """Gives every beat to each of ``readers`` streams, to each as soon as that takes it.

    The next beat comes when all have taken this one. Latency 0, one beat per cycle. ``i.ready`` depends
    combinationally on every ``o<k>.ready``.

    Ports: ``i``, stream of ``width`` bits; ``o0``, ``o1``, ...: streams of ``width`` bits.
    """

    def __init__(self, width: int, readers: int) -> None:
        self.readers = readers
        ports = {f"o{k}": Out(bit_stream(width)) for k in range(readers)}
        super().__init__({"i": In(bit_stream(width)), **ports})

    @property
    def interval(self) -> int:
        """Cycles per beat in steady state."""
        return 1

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; the same for every reader."""
        return queue(t)

    def elaborate(self, platform: Any) -> Module:
        """A flag for each reader that has taken the beat before the others."""
        m = Module()
        had = Signal(self.readers)
        gone = Signal(self.readers)
        for k in range(self.readers):
            port = getattr(self, f"o{k}")
            m.d.comb += [
                port.valid.eq(self.i.valid & ~had[k]),
                port.payload.eq(self.i.payload),
                gone[k].eq(had[k] | port.ready),
            ]
        m.d.comb += self.i.ready.eq(gone.all())
        with m.If(self.i.valid):
            m.d.sync += had.eq(Cat(gone[k] & ~gone.all() for k in range(self.readers)))
        return m
