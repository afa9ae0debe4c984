"""From one number of lanes to another."""

from __future__ import annotations

from math import lcm
from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.beats import beat_count
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import block_sizes
from bnngen_hw.part import bit_stream
from bnngen_hw.streams.pack import Pack, Unpack, spread
from bnngen_hw.timing import Cycles, queue


class WidthConverter(StreamComponent):
    """Carries frames of ``elements`` elements from beats of ``i_lanes`` to beats of ``o_lanes``, any numbers.

    Blocks of the least common multiple of lanes, or of the whole frame if that is not larger, are gathered by
    a `Pack` and taken apart by an `Unpack`; each is left out where a block is one beat. With ``repeats`` > 1
    the block is the whole frame and it is sent that many times.

    At best one beat per cycle on the busier side. Latency: 1 cycle for each of the two parts, 0 if there is
    none. ``i.ready`` depends combinationally on ``o.ready``.

    Ports: ``i`` and ``o``, streams of ``i_lanes * bits`` and ``o_lanes * bits`` bits.
    """

    def __init__(self, elements: int, bits: int, i_lanes: int, o_lanes: int, repeats: int = 1) -> None:
        if min(elements, bits, i_lanes, o_lanes, repeats) < 1:
            raise ValueError("elements, bits, lanes and repeats must be at least 1")
        self.elements, self.bits, self.i_lanes, self.o_lanes = elements, bits, i_lanes, o_lanes
        self.repeats = repeats
        self.i_beats, self.o_beats = beat_count(elements, i_lanes), beat_count(elements, o_lanes)
        common = lcm(i_lanes, o_lanes)
        whole = repeats > 1 or common >= elements
        self._per_i = self.i_beats if whole else common // i_lanes
        self._per_o = self.o_beats if whole else common // o_lanes
        super().__init__({"i": In(bit_stream(i_lanes * bits)), "o": Out(bit_stream(o_lanes * bits))})

    @property
    def packs(self) -> bool:
        """Whether there is a `Pack`."""
        return self._per_i > 1

    @property
    def unpacks(self) -> bool:
        """Whether there is an `Unpack`."""
        return self._per_o * self.repeats > 1

    @property
    def storage_bits(self) -> int:
        """Flip-flops that hold data."""
        packed = self._per_i * self.i_lanes * self.bits * self.packs
        return packed + self._per_o * self.o_lanes * self.bits * self.unpacks

    @property
    def _i_sizes(self) -> NDArray[np.int64]:
        return np.array(block_sizes(self.i_beats, self._per_i))

    @property
    def _o_sizes(self) -> NDArray[np.int64]:
        return np.array(block_sizes(self.o_beats * self.repeats, self._per_o * self.repeats))

    @property
    def unevenness(self) -> int:
        """A short last block makes up for the longer ones before it."""
        return int(self._o_sizes.max() - self._o_sizes.min()) if self.unpacks else 0

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state: a block is gathered while the one before it is sent."""
        return int(np.maximum(self._i_sizes, np.roll(self._o_sizes, 1)).sum())

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several frames."""
        i_sizes, o_sizes = self._blocks(t)
        if not self.packs and not self.unpacks:
            return queue(t)
        if not self.unpacks:
            return queue(t)[np.cumsum(i_sizes) - 1] + 1
        return spread(self._starts(t, i_sizes, o_sizes), list(o_sizes)) + 1

    def takes(self, t: NDArray[np.integer]) -> Cycles:
        """A block is gathered once the `Unpack` has taken the one before it; without a `Pack`, the `Unpack`
        takes each beat itself."""
        i_sizes, o_sizes = self._blocks(t)
        if not self.unpacks:
            return queue(t)
        starts = self._starts(t, i_sizes, o_sizes)
        if not self.packs:
            return starts
        free = np.array(t, np.int64)
        firsts = np.cumsum(i_sizes)[:-1]
        free[firsts] = np.maximum(free[firsts], starts[:-1])
        return queue(free)

    def _blocks(self, t: NDArray[np.integer]) -> tuple[Cycles, Cycles]:
        """The beats of each block of the frames in ``t``, on either side."""
        frames = len(t) // self.i_beats
        return np.tile(self._i_sizes, frames), np.tile(self._o_sizes, frames)

    def _starts(self, t: NDArray[np.integer], i_sizes: Cycles, o_sizes: Cycles) -> Cycles:
        """The cycle in which the `Unpack` takes each block."""
        return queue(self._gathered(t, i_sizes), np.maximum(i_sizes[1:], o_sizes[:-1]))

    def _gathered(self, t: NDArray[np.integer], sizes: NDArray[np.int64]) -> Cycles:
        """The cycle in which each block is there for the `Unpack`, had the blocks before it not been."""
        firsts = np.cumsum(sizes) - sizes
        to_go = np.repeat(firsts + sizes - 1, sizes) - np.arange(len(t))
        return np.maximum.reduceat(np.asarray(t) + to_go, firsts) + self.packs

    def elaborate(self, platform: Any) -> Module:
        """Connects the parts. Lanes of a block without an element are zero on either side."""
        m = Module()
        source: Any = self.i
        if self.packs:
            m.submodules.pack = pack = Pack(self.i_lanes * self.bits, self.i_beats, self._per_i)
            _wire(m, source, pack.i)
            source = pack.o
        if self.unpacks:
            width = self.o_lanes * self.bits
            m.submodules.unpack = unpack = Unpack(width, self.o_beats, self._per_o, self.repeats)
            _wire(m, source, unpack.i)
            source = unpack.o
        _wire(m, source, self.o)
        return m


def _wire(m: Module, source: Any, sink: Any) -> None:
    """Connects two streams; the payload is cut or filled up with zeros, where no element is lost."""
    m.d.comb += [
        sink.valid.eq(source.valid),
        sink.payload.eq(source.payload),
        source.ready.eq(sink.ready),
    ]
