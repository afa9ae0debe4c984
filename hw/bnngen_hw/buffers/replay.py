"""A vector buffer in RAM."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter
from bnngen_hw.memories import replay_words
from bnngen_hw.part import bit_stream
from bnngen_hw.roms.rom_block import memory_attributes
from bnngen_hw.timing import Cycles, queue


class _Access(NamedTuple):
    """A read or a write: whether there is one in this cycle, and where."""

    enable: Signal
    beat: Signal
    bank: Any


class ReplayBuffer(StreamComponent):
    """Stores frames of ``beats`` beats of ``width`` bits and sends each one ``repeats`` times.

    Two banks of RAM: while one frame is sent, the next is written. The first beat leaves 2 cycles after the
    frame's last beat came; one beat per cycle from there on, without a gap between passes or frames.
    ``i.ready`` comes from a register.

    ``style``: the kind of memory that synthesis should use: "block", "logic", "distributed", which a
    fabric without LUT memory refuses, or "huge": a memory with one port for each bank.

    Ports: ``i`` and ``o``, streams of ``width`` bits.
    """

    def __init__(self, width: int, beats: int, repeats: int, style: str = "block") -> None:
        if beats < 1 or repeats < 1:
            raise ValueError(f"a frame needs at least one beat and one pass, not {beats} and {repeats}")
        self.width, self.beats, self.repeats = width, beats, repeats
        self._attributes, self._single_port = memory_attributes(style), style == "huge"
        super().__init__({"i": In(bit_stream(width)), "o": Out(bit_stream(width))})

    @property
    def ram_bits(self) -> int:
        """Bits of memory."""
        words = 2 * self.beats if self._single_port else replay_words(self.beats)
        return words * self.width

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats * self.repeats

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`; ``t`` may be that of several frames, of which no more than two are on their way."""
        starts = queue(queue(t)[self.beats - 1 :: self.beats] + 2, self.interval)
        return (starts[:, None] + np.arange(self.interval)).ravel()

    def elaborate(self, platform: Any) -> Module:
        """``filled`` counts the banks that hold a frame, the first of them ``bank``. The bank to write
        follows from these two, so that synthesis sees for itself that a read and a write never meet."""
        m = Module()
        filled, bank = Signal(2), Signal()
        write, written = self._write(m, ~filled[1], bank ^ filled[0])
        read, freed = self._read(m, filled.any(), bank)
        if self._single_port:
            self._two_memories(m, write, read)
        else:
            self._one_memory(m, write, read)
        with m.If(written != freed):
            m.d.sync += filled.eq(Mux(written, filled + 1, filled - 1))
        with m.If(freed):
            m.d.sync += bank.eq(~bank)
        return m

    def _write(self, m: Module, ready: Any, bank: Any) -> tuple[_Access, Signal]:
        """Takes beats while a bank is free; returns the access, and a signal that marks a frame's last."""
        takes, written = Signal(name="write"), Signal()
        beat = Counter(self.beats, "write_beat").build(m, takes)
        m.d.comb += [
            self.i.ready.eq(ready),
            takes.eq(self.i.valid & self.i.ready),
            written.eq(takes & beat.last),
        ]
        return _Access(takes, beat.value, bank), written

    def _read(self, m: Module, available: Any, bank: Any) -> tuple[_Access, Signal]:
        """Reads one beat ahead of the output; returns the access, and a signal that marks the last read of a
        bank."""
        reads, valid, free, freed = Signal(name="read"), Signal(), Signal(), Signal()
        beat = Counter(self.beats, "read_beat").build(m, reads)
        turn = Counter(self.repeats, "read_pass").build(m, reads & beat.last)
        m.d.comb += [
            free.eq(self.o.ready | ~valid),
            reads.eq(free & available),
            freed.eq(reads & beat.last & turn.last),
            self.o.valid.eq(valid),
        ]
        with m.If(free):
            m.d.sync += valid.eq(available)
        return _Access(reads, beat.value, bank), freed

    def _one_memory(self, m: Module, write: _Access, read: _Access) -> None:
        """Both banks in a memory with two ports."""
        m.submodules.memory = memory = self._memory(replay_words(self.beats))
        write_port, read_port = memory.write_port(), memory.read_port()
        m.d.comb += [
            write_port.addr.eq(self._address(write)),
            write_port.data.eq(self.i.payload),
            write_port.en.eq(write.enable),
            read_port.addr.eq(self._address(read)),
            read_port.en.eq(read.enable),
            self.o.payload.eq(read_port.data),
        ]

    def _address(self, access: _Access) -> Value:
        """The bank above the beat; a frame of one beat has no beat number."""
        return Cat(access.beat, access.bank) if self.beats > 1 else access.bank

    def _two_memories(self, m: Module, write: _Access, read: _Access) -> None:
        """A memory for each bank, which is either written or read."""
        words = []
        for number in (0, 1):
            m.submodules[f"bank{number}"] = memory = self._memory(self.beats)
            write_port, read_port = memory.write_port(), memory.read_port()
            address = Signal(len(write.beat), name=f"address{number}")
            m.d.comb += [
                write_port.en.eq(write.enable & (write.bank == number)),
                address.eq(Mux(write_port.en, write.beat, read.beat)),
                write_port.addr.eq(address),
                write_port.data.eq(self.i.payload),
                read_port.addr.eq(address),
                # said so plainly that synthesis sees it
                read_port.en.eq(read.enable & (read.bank == number) & ~write_port.en),
            ]
            words.append(read_port.data)
        bank_read = Signal()
        with m.If(read.enable):
            m.d.sync += bank_read.eq(read.bank)
        m.d.comb += self.o.payload.eq(Mux(bank_read, words[1], words[0]))

    def _memory(self, words: int) -> Memory:
        return Memory(shape=self.width, depth=words, init=[], attrs=self._attributes)
