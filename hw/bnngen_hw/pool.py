"""The greatest or the least element of each window."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, lookup
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class WindowMaximum(StreamComponent):
    """The greatest of ``taps`` successive beats, lane by lane; the least one in channels where ``least``.

    ``least`` (C,) belongs to the channels of a position, which take C / ``lanes`` results; a map has
    ``positions`` positions. With ``marked``, a bit above the payload says which beats count; where none does,
    the result is ``neutral[0]``, or ``neutral[1]`` for the least.

    One beat per cycle; latency 1 cycle from a window's last beat to its result. ``i.ready`` depends
    combinationally on ``o.ready``.

    Ports: ``i``, stream of ``lanes`` elements in ``encoding``, and the mark; ``o``, the same without it.

    Raises ValueError if the lanes don't divide the channels.
    """

    def __init__(
        self,
        encoding: Encoding,
        lanes: int,
        taps: int,
        positions: int,
        least: NDArray[np.bool_],
        marked: bool = False,
        neutral: tuple[int, int] | None = None,
    ) -> None:
        if len(least) % lanes:
            raise ValueError(f"{lanes} lanes don't divide {len(least)} channels")
        self.encoding, self.lanes, self.taps, self.positions = encoding, lanes, taps, positions
        self.least, self.marked = np.asarray(least, dtype=bool), marked
        self.neutral = neutral or (encoding.lo, encoding.hi)
        width = lanes * encoding.bits
        super().__init__({"i": In(bit_stream(width + marked)), "o": Out(bit_stream(width))})

    @property
    def words(self) -> int:
        """Results for each position."""
        return len(self.least) // self.lanes

    @property
    def interval(self) -> int:
        """Cycles per map in steady state."""
        return self.taps * self.words * self.positions

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several maps."""
        return queue(t)[self.taps - 1 :: self.taps] + 1

    def elaborate(self, platform: Any) -> Module:
        """The best so far, which is the result once the last tap is in."""
        m = Module()
        full, takes = Signal(), Signal()
        best = Signal(self.lanes * self.encoding.bits, reset_less=True)
        tap = Counter(self.taps, "tap").build(m, takes)
        word = Counter(self.words, "word").build(m, takes & tap.last)
        first = Signal(init=1)
        m.d.comb += [
            self.i.ready.eq(~full | self.o.ready),
            takes.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(full),
            self.o.payload.eq(best),
        ]
        with m.If(takes):
            m.d.sync += [full.eq(tap.last), first.eq(tap.last), best.eq(self._better(m, best, first, word))]
        with m.Elif(self.o.ready):
            m.d.sync += full.eq(0)
        return m

    def _better(self, m: Module, best: Signal, first: Signal, word: Counter) -> Value:
        """The better one of what was and what comes, in every lane."""
        least = least_flags(m, self.least.reshape(self.words, self.lanes), word)
        bits, lanes = self.encoding.bits, []
        marked = self.i.payload[-1] if self.marked else Const(1, 1)
        for lane in range(self.lanes):
            place = slice(lane * bits, (lane + 1) * bits)
            new = Mux(marked, self.i.payload[place], self._neutral(least[lane]))
            lanes.append(better_of(m, self.encoding, best[place], new, first, least[lane], lane))
        return Cat(lanes)

    def _neutral(self, least: Value) -> Value:
        low, high = self.encoding.encode(np.array(self.neutral)).tolist()
        return Mux(least, Const(high, self.encoding.bits), Const(low, self.encoding.bits))


def least_flags(m: Module, least: NDArray[np.bool_], word: Counter) -> list[Value]:
    """Whether each lane looks for the least, now that ``word`` of ``least`` (words, lanes) comes."""
    return [lookup(m, f"least{lane}", word.value, row)[0] for lane, row in enumerate(least.T)]


def better_of(
    m: Module, encoding: Encoding, old: Value, new: Value, first: Value, least: Value, lane: int
) -> Value:
    """The greater of two codes, the lesser one where ``least``; the new one where it is the ``first``."""
    signed = encoding.kind == "signed"
    was, comes = (Signal(Shape(encoding.bits, signed), name=f"{name}{lane}") for name in ("was", "comes"))
    better = Signal(name=f"better{lane}")
    m.d.comb += [was.eq(old), comes.eq(new), better.eq((comes > was) ^ least)]
    return Mux(first | better, comes, was)
