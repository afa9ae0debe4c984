"""A vector buffer in RAM."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent, bit_stream
from bnngen_hw.counting import Counter
from bnngen_hw.rom_block import memory_attributes
from bnngen_hw.timing import Cycles, queue


def replay_words(beats: int) -> int:
    """Words of the memory for two frames of ``beats`` beats: the second one begins at a power of two."""
    return (1 << (beats - 1).bit_length()) + beats


class ReplayBuffer(StreamComponent):
    """Stores frames of ``beats`` beats of ``width`` bits and sends each one ``repeats`` times.

    Two banks of RAM: while one frame is sent, the next is written. The first beat leaves 2 cycles after the
    frame's last beat came; one beat per cycle from there on, without a gap between passes or frames.
    ``i.ready`` comes from a register.

    ``style``: the kind of memory that synthesis should use: "block", "logic", or "distributed", which a
    fabric without LUT memory refuses.

    Ports: ``i`` and ``o``, streams of ``width`` bits.
    """

    def __init__(self, width: int, beats: int, repeats: int, style: str = "block") -> None:
        if beats < 1 or repeats < 1:
            raise ValueError(f"a frame needs at least one beat and one pass, not {beats} and {repeats}")
        self.width, self.beats, self.repeats = width, beats, repeats
        self._attributes = memory_attributes(style)
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    @property
    def ram_bits(self) -> int:
        """Bits of memory."""
        return replay_words(self.beats) * self.width

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats * self.repeats

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t)[-1] + 2 + np.arange(self.interval, dtype=np.int64)

    def elaborate(self, platform: Any) -> Module:
        """``filled`` counts the banks that hold a frame, the first of them ``bank``. The bank to write
        follows from these two, so that synthesis sees for itself that a read and a write never meet."""
        m = Module()
        m.submodules.memory = memory = Memory(
            shape=self.width, depth=replay_words(self.beats), init=[], attrs=self._attributes
        )
        filled, bank = Signal(2), Signal()
        written = self._write(m, memory, ~filled[1], bank ^ filled[0])
        freed = self._read(m, memory, filled.any(), bank)
        with m.If(written != freed):
            m.d.sync += filled.eq(Mux(written, filled + 1, filled - 1))
        with m.If(freed):
            m.d.sync += bank.eq(~bank)
        return m

    def _write(self, m: Module, memory: Memory, ready: Any, bank: Any) -> Signal:
        """Takes beats while a bank is free; returns a signal that marks a frame's last one."""
        port = memory.write_port()
        written = Signal()
        beat = Counter(self.beats, "write_beat").build(m, port.en)
        m.d.comb += [
            self.i.ready.eq(ready),
            port.en.eq(self.i.valid & self.i.ready),
            port.addr.eq(self._address(beat, bank)),
            port.data.eq(self.i.payload),
            written.eq(port.en & beat.last),
        ]
        return written

    def _read(self, m: Module, memory: Memory, available: Any, bank: Any) -> Signal:
        """Reads one beat ahead of the output; returns a signal that marks the last read of a bank."""
        port = memory.read_port()
        valid, free, freed = Signal(), Signal(), Signal()
        beat = Counter(self.beats, "read_beat").build(m, port.en)
        turn = Counter(self.repeats, "read_pass").build(m, port.en & beat.last)
        m.d.comb += [
            free.eq(self.o.ready | ~valid),
            port.en.eq(free & available),
            port.addr.eq(self._address(beat, bank)),
            freed.eq(port.en & beat.last & turn.last),
            self.o.valid.eq(valid),
            self.o.payload.eq(port.data),
        ]
        with m.If(free):
            m.d.sync += valid.eq(available)
        return freed

    def _address(self, beat: Counter, bank: Any) -> Value:
        """The bank above the beat; a frame of one beat has no beat number."""
        return Cat(beat.value, bank) if self.beats > 1 else bank
