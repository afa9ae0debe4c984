"""Beats gathered into wide blocks, and blocks taken apart into beats."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import BlockCounter, block_sizes
from bnngen_hw.part import bit_stream
from bnngen_hw.timing import Cycles, queue


class Pack(StreamComponent):
    """Gathers ``per_block`` beats of ``width`` bits into one word, the first beat lowest.

    A frame has ``beats`` beats. Where they don't divide into blocks, the frame's last word has fewer beats,
    and zero bits above them. The beats move through a shift register: all its flip-flops share one enable,
    and none has a multiplexer before it.

    One beat per cycle; latency 1 cycle from a block's last beat to its word. ``i.ready`` depends
    combinationally on ``o.ready``.

    Ports: ``i``, stream of ``width`` bits; ``o``, stream of ``width * per_block`` bits.
    """

    def __init__(self, width: int, beats: int, per_block: int) -> None:
        if beats < 1 or per_block < 1:
            raise ValueError(f"a frame and a block need at least one beat, not {beats} and {per_block}")
        self.width, self.beats, self.per_block = width, beats, per_block
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width * per_block))})

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        ends = np.cumsum(block_sizes(self.beats, self.per_block)) - 1
        result: Cycles = queue(t)[ends] + 1
        return result

    def elaborate(self, platform: Any) -> Module:
        """The shift register, and whether it holds a whole block."""
        m = Module()
        data = Signal(self.width * self.per_block, reset_less=True)
        full = Signal()
        takes = Signal()
        place = BlockCounter(self.beats, self.per_block, "in").build(m, takes)
        m.d.comb += [
            self.i.ready.eq(~full | self.o.ready),
            takes.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(full),
            self.o.payload.eq(self._aligned(m, data, takes & place.end, place)),
        ]
        with m.If(takes):
            m.d.sync += [data.eq(Cat(data, self.i.payload)[self.width :]), full.eq(place.end)]
        with m.Elif(self.o.ready):
            m.d.sync += full.eq(0)
        return m

    def _aligned(self, m: Module, data: Signal, ends: Any, place: BlockCounter) -> Any:
        """The block with its first beat lowest: a short one has not been shifted all the way down."""
        missing = self.per_block - place.sizes[-1]
        if not missing:
            return data
        short = Signal()
        with m.If(ends):
            m.d.sync += short.eq(place.short)
        return Mux(short, data[missing * self.width :], data)


class Unpack(StreamComponent):
    """Takes a word apart into ``per_block`` beats of ``width`` bits, the lowest first.

    A frame has ``beats`` beats; where they don't divide into blocks, only the lowest beats of the frame's
    last word are sent. With ``repeats`` > 1, for frames of one block, the block is sent that many
    times: a vector buffer that rotates.

    One beat per cycle, also from block to block; latency 1 cycle. ``i.ready`` depends combinationally on
    ``o.ready``.

    Ports: ``i``, stream of ``width * per_block`` bits; ``o``, stream of ``width`` bits.

    Raises ValueError if a frame of more than one block is to be repeated.
    """

    def __init__(self, width: int, beats: int, per_block: int, repeats: int = 1) -> None:
        if min(beats, per_block, repeats) < 1:
            raise ValueError("a frame and a block need at least one beat, and a block is sent at least once")
        if repeats > 1 and beats != per_block:
            raise ValueError(f"only a frame of one block can be repeated, not {beats} beats in {per_block}s")
        self.width, self.beats, self.per_block, self.repeats = width, beats, per_block, repeats
        super().__init__({"i": In(bit_stream(width * per_block)), "o": Out(bit_stream(width))})

    @property
    def _sizes(self) -> list[int]:
        return block_sizes(self.beats * self.repeats, self.per_block * self.repeats)

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats * self.repeats

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return spread(queue(t, np.array(self._sizes[:-1])), self._sizes) + 1

    def elaborate(self, platform: Any) -> Module:
        """The block shifts down as its beats are taken; what falls out returns at the top if it repeats."""
        m = Module()
        data = Signal(self.width * self.per_block, reset_less=True)
        full = Signal()
        gives = Signal()
        place = BlockCounter(self.interval, self.per_block * self.repeats, "out").build(m, gives)
        top = data[: self.width] if self.repeats > 1 else Const(0, self.width)
        m.d.comb += [
            self.i.ready.eq(~full | (self.o.ready & place.end)),
            self.o.valid.eq(full),
            self.o.payload.eq(data[: self.width]),
            gives.eq(full & self.o.ready),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [data.eq(self.i.payload), full.eq(1)]
        with m.Elif(gives):
            m.d.sync += [data.eq(Cat(data[self.width :], top)), full.eq(~place.end)]
        return m


def spread(starts: NDArray[np.integer], sizes: list[int]) -> Cycles:
    """Consecutive cycles from each start on: ``sizes[b]`` of them from ``starts[b]``."""
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.repeat(starts - firsts, sizes) + np.arange(sum(sizes))
