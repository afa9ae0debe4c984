"""The greatest or the least element of a whole map, channel by channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import bit_stream
from bnngen_hw.pool import better_of, least_flags
from bnngen_hw.timing import Cycles, queue


class RunningMaximum(StreamComponent):
    """Takes maps of ``positions`` positions of C channels, ``lanes`` of them a beat, and sends the greatest
    element of each channel, the least one in channels where ``least`` (C,).

    The best so far lies in a ring of C elements, which turns by a word with each beat: no line buffer,
    whatever the map's size. One beat per cycle, ``positions * words`` cycles a map; latency 1 cycle, from
    each beat of the last position to its result. ``i.ready`` depends combinationally on ``o.ready`` at the
    last position only.

    Ports: ``i``, ``o``: streams of ``lanes`` elements in ``encoding``.

    Raises ValueError if the lanes don't divide the channels, or there are no positions.
    """

    def __init__(self, encoding: Encoding, lanes: int, positions: int, least: NDArray[np.bool_]) -> None:
        if len(least) % lanes:
            raise ValueError(f"{lanes} lanes don't divide {len(least)} channels")
        if positions < 1:
            raise ValueError(f"a map has at least one position, not {positions}")
        self.encoding, self.lanes, self.positions = encoding, lanes, positions
        self.least = np.asarray(least, dtype=bool)
        ports = bit_stream(lanes * encoding.bits)
        super().__init__({"i": In(ports), "o": Out(ports)})

    @property
    def words(self) -> int:
        """Beats of a position, and of a result."""
        return len(self.least) // self.lanes

    @property
    def interval(self) -> int:
        """Cycles per map in steady state."""
        return self.positions * self.words

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several maps."""
        return queue(t).reshape(-1, self.positions, self.words)[:, -1].ravel() + 1

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.integer]:
        """The results (n, C) for maps (n, positions, C)."""
        result: NDArray[np.integer] = np.where(self.least, x.min(axis=1), x.max(axis=1))
        return result

    def elaborate(self, platform: Any) -> Module:
        """The ring, and a register for the result."""
        m = Module()
        width = self.lanes * self.encoding.bits
        full, takes = Signal(), Signal()
        ring, result = Signal(self.words * width, reset_less=True), Signal(width, reset_less=True)
        word = Counter(self.words, "word").build(m, takes)
        position = Counter(self.positions, "position").build(m, takes & word.last)
        better = self._better(m, ring[:width], position.value == 0, word)
        m.d.comb += [
            self.i.ready.eq(~position.last | ~full | self.o.ready),
            takes.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(full),
            self.o.payload.eq(result),
        ]
        with m.If(takes):
            m.d.sync += ring.eq(Cat(ring[width:], better))
        with m.If(takes & position.last):
            m.d.sync += [full.eq(1), result.eq(better)]
        with m.Elif(self.o.ready):
            m.d.sync += full.eq(0)
        return m

    def _better(self, m: Module, best: Value, first: Value, word: Counter) -> Signal:
        """The better one of what was and what comes, in every lane; what comes, at the first position."""
        least = least_flags(m, self.least.reshape(self.words, self.lanes), word)
        codes = zip(self._codes(best), self._codes(self.i.payload), least, strict=True)
        better = Signal(self.lanes * self.encoding.bits, name="better")
        m.d.comb += better.eq(
            Cat(
                better_of(m, self.encoding, was, comes, first, flag, lane)
                for lane, (was, comes, flag) in enumerate(codes)
            )
        )
        return better

    def _codes(self, word: Value) -> list[Value]:
        bits = self.encoding.bits
        return [word[lane * bits : (lane + 1) * bits] for lane in range(self.lanes)]
