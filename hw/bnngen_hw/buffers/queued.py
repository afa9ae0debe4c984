"""A component that never keeps its source waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out, connect, flipped
from numpy.typing import NDArray

from bnngen_hw.buffers.word_queue import word_queue, words_waiting
from bnngen_hw.component import StreamComponent
from bnngen_hw.part import bit_stream
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces
from bnngen_hw.timing import Cycles


class Queued(StreamComponent):
    """``part`` behind a queue of ``capacity`` words (2 by default) in RAM of ``style``.

    A frame has ``beats`` beats. Latency: 2 cycles more than that of the part. ``i.ready`` comes from a
    register.

    Ports: ``i`` and ``o``, as the part has them.
    """

    waits = True

    def __init__(self, part: StreamComponent, beats: int, capacity: int = 2, style: str = "block") -> None:
        self.part, self.beats, self.style = part, beats, style
        width = len(part.i.payload)
        self.queue = word_queue(beats, width, capacity, style)
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(len(part.o.payload)))})

    def with_capacities(self, words: Sequence[int]) -> Queued:
        """The same with a queue for so many words."""
        (capacity,) = words
        return self.rebuilt(capacity=capacity)

    @property
    def roms(self) -> Sequence[Rom]:
        """Those of the part."""
        return self.part.roms

    @property
    def weight_roms(self) -> Sequence[Rom]:
        """Those of the part."""
        return self.part.weight_roms

    def laid_out(self, pieces: Sequence[RomPieces]) -> Queued:
        """The same with the part's ROMs stored in these pieces."""
        return self.rebuilt(part=self.part.laid_out(pieces))

    @property
    def block_rams(self) -> list[tuple[int, int]]:
        """That of the queue."""
        return self.queue.block_rams

    @property
    def buffer_bits(self) -> int:
        """Bits of the queue and of what the part holds."""
        return self.queue.buffer_bits + self.part.buffer_bits

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state, with a queue that holds enough."""
        return self.part.interval

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`, for a queue that has room for every word; ``t`` may be that of several frames."""
        return self.part.arrivals(self._offered(t))

    def words_held(self, *t: NDArray[np.integer]) -> list[int]:
        """The most words that wait in the queue at any time if they come in these cycles."""
        (come,) = t
        return [words_waiting(come, self.part.takes(self._offered(come)))]

    def _offered(self, t: NDArray[np.integer]) -> Cycles:
        roomy = word_queue(self.beats, 1, len(t), self.style)
        return roomy.arrivals(t)

    def elaborate(self, platform: Any) -> Module:
        """The queue, then the part."""
        m = Module()
        m.submodules.queue, m.submodules.part = self.queue, self.part
        connect(m, flipped(self.i), self.queue.i)
        connect(m, self.queue.o, self.part.i)
        connect(m, self.part.o, flipped(self.o))
        return m
