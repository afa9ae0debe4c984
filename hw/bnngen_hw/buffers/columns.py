"""The columns of sliding windows side by side: each is read once, and remembered for the next windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, lookup
from bnngen_hw.memories import FeedStyle
from bnngen_hw.part import bit_stream
from bnngen_hw.roms.rom_block import memory_attributes
from bnngen_hw.timing import Cycles, queue


class WindowColumns(StreamComponent):
    """Takes the ``columns`` columns of a row of windows, ``beats`` words each, and sends for every window its
    last ``kernel`` columns: word by word, that of the first column in the lowest bits.

    Windows are ``stride`` columns apart. Each column comes ``repeats`` times, and so does each window. A map
    has ``rows`` rows of windows. ``style``: the kind of RAM for the columns before.

    One word per cycle, whether it ends a window or not; latency 1 cycle. ``i.ready`` depends combinationally
    on ``o.ready``.

    Ports: ``i``, stream of ``width`` bits; ``o``, stream of ``kernel * width`` bits.

    Raises ValueError if there are fewer columns than a window has.
    """

    def __init__(
        self,
        width: int,
        kernel: int,
        beats: int,
        columns: int,
        rows: int,
        stride: int = 1,
        repeats: int = 1,
        style: FeedStyle = "distributed",
    ) -> None:
        if columns < kernel:
            raise ValueError(f"a window has {kernel} columns, and a row only {columns}")
        self.width, self.kernel, self.beats, self.columns = width, kernel, beats, columns
        self.rows, self.stride, self.repeats, self.style = rows, stride, repeats, style
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(kernel * width))})

    @property
    def ends(self) -> NDArray[np.bool_]:
        """(columns,): whether a window ends in a column."""
        behind = np.arange(self.columns) - self.kernel + 1
        result: NDArray[np.bool_] = (behind >= 0) & (behind % self.stride == 0)
        return result

    @property
    def memory_shape(self) -> tuple[int, int]:
        """Bits and words of what is remembered."""
        return (self.kernel - 1) * self.width, self.beats

    @property
    def block_rams(self) -> list[tuple[int, int]]:
        """What is remembered, in style "block"; a single word is a register."""
        return [self.memory_shape] if self.style == "block" and self.beats > 1 and self.kernel > 1 else []

    @property
    def buffer_bits(self) -> int:
        """Bits that are remembered."""
        bits, words = self.memory_shape
        return bits * words

    @property
    def interval(self) -> int:
        """Cycles per map in steady state."""
        return self.beats * self.repeats * self.columns * self.rows

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several maps."""
        words = queue(t).reshape(-1, self.columns, self.beats * self.repeats)
        return words[:, self.ends].ravel() + 1

    def elaborate(self, platform: Any) -> Module:
        """A word waits in a register until those of the columns before have been read."""
        m = Module()
        takes, full, sends = Signal(), Signal(), Signal()
        beat = Counter(self.beats, "beat").build(m, takes)
        turn = Counter(self.repeats, "turn").build(m, takes & beat.last)
        column = Counter(self.columns, "column").build(m, takes & beat.last & turn.last)
        at, last_turn, ends = Signal.like(beat.value), Signal(), Signal()
        word = Signal(self.width, reset_less=True)
        goes = Signal()
        m.d.comb += [
            sends.eq(full & ends),
            goes.eq(full & (self.o.ready | ~ends)),
            self.i.ready.eq(~full | goes),
            takes.eq(self.i.valid & self.i.ready),
            self.o.valid.eq(sends),
        ]
        with m.If(takes):
            m.d.sync += [
                full.eq(1),
                word.eq(self.i.payload),
                at.eq(beat.value),
                last_turn.eq(turn.last),
                ends.eq(lookup(m, "ends_window", column.value, self.ends)[0]),
            ]
        with m.Elif(goes):
            m.d.sync += full.eq(0)
        window = Cat(self._before(m, takes, beat.value, goes & last_turn, at, word), word)
        m.d.comb += self.o.payload.eq(window)
        return m

    def _before(
        self, m: Module, reads: Signal, read_at: Value, writes: Value, write_at: Value, word: Signal
    ) -> Value:
        """The words of the columns before, read for the word that is taken; a column that goes for the last
        time takes the place of the first one."""
        bits = (self.kernel - 1) * self.width
        if not bits:
            return Cat()
        before = Signal(bits, name="before")
        next_ = Cat(before, word)[self.width :]
        if self.beats == 1:
            with m.If(writes):
                m.d.sync += before.eq(next_)
            return before
        m.submodules.memory = memory = Memory(
            shape=bits, depth=self.beats, init=[], attrs=memory_attributes(self.style)
        )
        read, write = memory.read_port(), memory.write_port()
        m.d.comb += [
            read.en.eq(reads),
            read.addr.eq(read_at),
            before.eq(read.data),
            write.en.eq(writes),
            write.addr.eq(write_at),
            write.data.eq(next_),
        ]
        return before
