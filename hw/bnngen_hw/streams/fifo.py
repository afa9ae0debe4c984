"""A queue for a stream."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class Fifo(StreamComponent):
    """Holds up to ``depth`` beats, in order.

    Latency 1 cycle: a beat that is taken in one cycle is offered in the next. One beat per cycle from
    depth 2 on; at depth 1 it is a single register, which takes a beat every second cycle.
    ``i.ready`` and ``o.valid`` come from registers. Deeper than 1, the beats lie in a circular memory with
    combinational read: LUT memory where the fabric has it, flip-flops where it has not.

    Ports: ``i`` and ``o``, streams of ``width`` bits; ``level`` (out), the number of beats held.

    Raises ValueError if ``depth`` is below 1.
    """

    def __init__(self, width: int, depth: int) -> None:
        if depth < 1:
            raise ValueError(f"FIFO depth must be at least 1, not {depth}")
        self.width, self.depth = width, depth
        members = {"i": In(bit_stream(width)), "o": Out(bit_stream(width)), "level": Out(range(depth + 1))}
        super().__init__(members)

    @property
    def interval(self) -> int:
        """Cycles per beat in steady state."""
        return 2 if self.depth == 1 else 1

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t, self.interval) + 1

    def elaborate(self, platform: Any) -> Module:
        """The level decides ``ready`` and ``valid``; the storage only moves beats."""
        m = Module()
        takes = Signal()
        gives = Signal()
        level = Signal(range(self.depth + 1))
        m.d.comb += [
            self.level.eq(level),
            self.i.ready.eq(level != self.depth),
            self.o.valid.eq(level != 0),
            takes.eq(self.i.valid & self.i.ready),
            gives.eq(self.o.valid & self.o.ready),
        ]
        with m.If(takes != gives):
            m.d.sync += level.eq(Mux(takes, level + 1, level - 1))
        if self.depth == 1:
            self._register(m, takes)
        else:
            self._memory(m, takes, gives)
        return m

    def _register(self, m: Module, takes: Signal) -> None:
        held = Signal(self.width, reset_less=True)
        with m.If(takes):
            m.d.sync += held.eq(self.i.payload)
        m.d.comb += self.o.payload.eq(held)

    def _memory(self, m: Module, takes: Signal, gives: Signal) -> None:
        m.submodules.memory = memory = Memory(shape=self.width, depth=self.depth, init=[])
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(Counter(self.depth, "write_at").build(m, takes).value),
            write.data.eq(self.i.payload),
            write.en.eq(takes),
            read.addr.eq(Counter(self.depth, "read_at").build(m, gives).value),
            self.o.payload.eq(read.data),
        ]
