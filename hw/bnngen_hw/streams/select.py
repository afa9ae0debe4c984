"""Some words of each group of a stream; the others are dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class Select(StreamComponent):
    """Passes the words ``first`` to ``first + count - 1`` of every ``words`` words, ``groups`` times a frame.

    Latency 0, one word per cycle; a dropped word takes a cycle too, but waits for nobody. ``i.ready`` and
    ``o.valid`` depend combinationally on ``o.ready`` and ``i.valid``.

    Ports: ``i`` and ``o``, streams of ``width`` bits.

    Raises ValueError if there are no such words.
    """

    def __init__(self, width: int, words: int, first: int, count: int, groups: int) -> None:
        if not 0 <= first < first + count <= words:
            raise ValueError(f"there are no words {first} to {first + count - 1} in {words} words")
        self.words, self.first, self.count, self.groups = words, first, count, groups
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.words * self.groups

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several frames."""
        passed = queue(t).reshape(-1, self.words)[:, self.first : self.first + self.count]
        return passed.ravel()

    def elaborate(self, platform: Any) -> Module:
        """A counter of words, and a gate."""
        m = Module()
        takes, passes = Signal(), Signal()
        word = Counter(self.words, "word").build(m, takes).value
        m.d.comb += [
            passes.eq((word >= self.first) & (word < self.first + self.count)),
            self.i.ready.eq(self.o.ready | ~passes),
            takes.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(self.i.valid & passes),
            self.o.payload.eq(self.i.payload),
        ]
        return m
