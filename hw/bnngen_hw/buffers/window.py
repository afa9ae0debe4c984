"""Sliding windows over a stream of maps: a line buffer in RAM, read again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.buffers.window_plan import Steps, WindowPlan
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, lookup
from bnngen_hw.memories import ring_depth
from bnngen_hw.part import bit_stream
from bnngen_hw.roms.rom_block import memory_attributes
from bnngen_hw.timing import Cycles, queue


class SlidingWindow(StreamComponent):
    """Takes maps of words of ``width`` bits and sends the windows that ``plan`` describes, word by word.

    The words lie in a ring of RAM until no window needs them any more: no more than the lines that a window
    spans, whatever the height of the map. One word is read in each cycle, so a map takes
    ``positions * window_beats`` cycles. A window begins when its last word is there: its first word leaves 2
    cycles after that came. ``i.ready`` comes from a register.

    ``capacity``: words that the ring holds, at least ``plan.least_capacity`` (the default); with more of
    them, the next map comes in while the last windows of one are read. ``pad``: the word that padded
    positions hold. ``mark``: a bit above the payload says whether the word is one of the map's. ``style``:
    the kind of RAM, "block", "distributed" or "logic".

    Ports: ``i``, stream of ``width`` bits; ``o``, stream of ``width`` bits, one more with ``mark``.

    Raises ValueError if the capacity is too small.
    """

    waits = paces = True

    def __init__(
        self,
        plan: WindowPlan,
        width: int,
        capacity: int | None = None,
        pad: int = 0,
        mark: bool = False,
        style: str = "block",
    ) -> None:
        self.plan, self.width, self.pad, self.mark, self.style = plan, width, pad, mark, style
        self.least_capacity = plan.least_capacity
        self.capacity = self.least_capacity if capacity is None else capacity
        if self.capacity < self.least_capacity:
            raise ValueError(f"a window spans {self.least_capacity} words, which {capacity} can't hold")
        self._attributes = memory_attributes(style)
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width + mark))})

    def with_capacities(self, words: Sequence[int]) -> SlidingWindow:
        """The same with a ring for so many words. Raises ValueError if they are too few."""
        (capacity,) = words
        return self.rebuilt(capacity=capacity)

    @property
    def depth(self) -> int:
        """Words of the RAM: a power of two, so that addresses wrap by themselves."""
        return ring_depth(self.capacity)

    @property
    def block_rams(self) -> list[tuple[int, int]]:
        """The ring, in style "block"; a single word is a register."""
        return [(self.width, self.depth)] if self.style == "block" and self.depth > 1 else []

    @property
    def buffer_bits(self) -> int:
        """Bits of the RAM."""
        return self.depth * self.width

    @property
    def least_interval(self) -> int:
        """Cycles per map with room for all of the next one that comes in meanwhile."""
        return self.plan.cycles

    @cached_property
    def interval(self) -> int:
        """Cycles per map in steady state, from a source that always has a word."""
        maps = 4 + 2 * self.plan.map_words // self.capacity
        beats = self.arrivals(np.zeros(maps * self.plan.map_words, np.int64))
        last = beats.reshape(maps, -1)[:, -1]
        return int(last[-1] - last[-2])

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several maps."""
        starts, _ = self._starts(t, self.capacity)
        return (starts[:, None] + np.arange(1, self.plan.window_beats + 1)).ravel()

    def words_held(self, *t: NDArray[np.integer]) -> list[int]:
        """The most words that wait at any time if the words of some maps come in these cycles: a ring of so
        many takes each of them at once."""
        return [self._held(*t)]

    def _held(self, t: NDArray[np.integer]) -> int:
        taken, beats = queue(t), self.plan.window_beats
        over = self._starts(t, len(t))[0] + beats
        frees = np.append(self._tiled(self.plan.frees, len(t)), len(t))
        freed = frees[np.searchsorted(over, taken, side="right")]
        return int((np.arange(1, len(t) + 1) - freed).max())

    def _starts(self, t: NDArray[np.integer], capacity: int) -> tuple[Cycles, Cycles]:
        """The cycle in which each window's first word is read, and that in which each word is taken. The
        writer waits for room, which the reader makes, which waits for words: both begin as if nothing ever
        waited, and repeat until nothing changes."""
        beats, words = self.plan.window_beats, queue(t)
        needs, frees = (self._tiled(table, len(t)) for table in (self.plan.needs, self.plan.frees))
        # a word has room from that window on; for number 0 it has it at once
        window = np.searchsorted(frees, np.arange(len(t)) - capacity, side="right")
        while True:
            starts = queue(words[needs - 1] + 1, beats)
            room = np.where(window > 0, starts[window - 1] + beats, 0)
            later = queue(np.maximum(t, room))
            if np.array_equal(later, words):
                return starts, words
            words = later

    def _tiled(self, table: NDArray[np.int64], words: int) -> NDArray[np.int64]:
        """A table of word numbers for all windows of as many maps as have ``words`` words."""
        maps = np.arange(words // self.plan.map_words)[:, None] * self.plan.map_words
        return np.ravel(maps + table.ravel())

    def elaborate(self, platform: Any) -> Module:
        """A writer and a reader; ``room`` and ``ahead`` tell them how far they may go."""
        m = Module()
        m.submodules.memory = memory = Memory(
            shape=self.width, depth=self.depth, init=[], attrs=self._attributes
        )
        reads, moves = Signal(), Signal()
        loops = self._loops(m, reads)
        m.d.comb += moves.eq(reads & Cat(loop.last for loop in loops[:-3]).all())
        column, row = loops[-3], self._row(m, loops, moves)
        freed = self._amount(m, "freed", self.plan.free_steps, column, row)
        needed = self._amount(m, "needed", self.plan.need_steps, column, row)
        span = self.capacity + self.plan.map_words
        room = Signal(signed(span.bit_length() + 1), init=self.capacity - 1)
        ahead = Signal(signed(span.bit_length() + 1), init=-int(self.plan.needs[0, 0]))
        writes = self._write(m, memory, ~room[-1])
        m.d.sync += room.eq(room + Mux(moves, freed, 0) - writes)
        m.d.sync += ahead.eq(ahead - Mux(moves, needed, 0) + writes)
        self._read(m, memory, reads, ~ahead[-1], loops)
        return m

    def _loops(self, m: Module, reads: Signal) -> list[Counter]:
        """The counters of the loops, the innermost first."""
        counters: list[Counter] = []
        enable: Value = reads
        for loop in self.plan.loops:
            counters.append(Counter(loop.turns, loop.name).build(m, enable))
            enable = enable & counters[-1].last
        return counters

    def _row(self, m: Module, loops: Sequence[Counter], moves: Signal) -> Counter:
        """Counts the rows of output positions."""
        if self.plan.row_repeats == 1:
            return loops[-1]
        return Counter(self.plan.outputs[0], "output_row").build(m, moves & loops[-3].last)

    def _amount(self, m: Module, name: str, steps: Steps, column: Counter, row: Counter) -> Signal:
        """What a counter changes by when the window moves on from here."""
        most = max(abs(int(v)) for v in (*steps.columns, *steps.rows, steps.end))
        amount = Signal(signed(most.bit_length() + 1), name=name)
        along = lookup(m, f"{name}_column", column.value, steps.columns)
        down = lookup(m, f"{name}_row", row.value, steps.rows)
        counts = lookup(m, f"{name}_moves", row.value, steps.moves)
        at_end = Mux(row.last, steps.end, down)
        m.d.comb += amount.eq(Mux(column.last, at_end, Mux(counts, along, 0)))
        return amount

    def _write(self, m: Module, memory: Memory, ready: Value) -> Signal:
        """Takes words while there is room; returns a signal that one was taken."""
        port, writes = memory.write_port(), Signal(name="writes")
        m.d.comb += [
            self.i.ready.eq(ready),
            writes.eq(self.i.valid & ready),
            port.en.eq(writes),
            port.addr.eq(Counter(self.depth, "write_at").build(m, writes).value),
            port.data.eq(self.i.payload),
        ]
        return writes

    def _read(
        self, m: Module, memory: Memory, reads: Signal, available: Value, loops: Sequence[Counter]
    ) -> None:
        """Reads one word ahead of the output."""
        port, valid, free = memory.read_port(), Signal(), Signal()
        address = Signal(range(max(self.depth, 2)), init=self.plan.first_address % self.depth)
        m.d.comb += [
            free.eq(self.o.ready | ~valid),
            reads.eq(free & available),
            port.en.eq(reads),
            port.addr.eq(address),
            self.o.valid.eq(valid),
        ]
        with m.If(free):
            m.d.sync += valid.eq(available)
        with m.If(reads):
            m.d.sync += address.eq(address + self._step(loops))
        payload: Value = port.data
        if self.plan.padded:
            inside = Signal()
            with m.If(reads):
                m.d.sync += inside.eq(self._inside(m, loops))
            payload = Cat(Mux(inside, port.data, self.pad), inside)
        elif self.mark:
            payload = Cat(port.data, Const(1, 1))
        m.d.comb += self.o.payload.eq(payload)

    def _step(self, loops: Sequence[Counter]) -> Value:
        """What the address grows by: that of the innermost loop that goes on."""
        *steps, end = (step % self.depth for step in self.plan.address_steps)
        bits = max(1, (self.depth - 1).bit_length())
        step: Value = Const(end, bits)
        for loop, value in reversed(list(zip(loops, steps, strict=True))):
            step = Mux(loop.last, step, Const(value, bits)) if loop.limit > 1 else step
        return step

    def _inside(self, m: Module, loops: Sequence[Counter]) -> Value:
        """Whether the word that is read now is one of the map's."""
        by_name = {loop.name: counter for loop, counter in zip(self.plan.loops, loops, strict=True)}
        inside: Value = Const(1, 1)
        for axis, place, tap in ((0, "row", "tap_y"), (1, "column", "tap_x")):
            flags = self.plan.inside(axis)
            if flags.all():
                continue
            columns = [
                lookup(m, f"inside_{tap}{k}", by_name[place].value, flags[:, k])
                for k in range(flags.shape[1])
            ]
            inside = inside & Array(columns)[by_name[tap].value]
        return inside
