"""Beats of whole bytes, byte by byte."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from bnngen_hw.part import Part


def check_positive(**parameters: int) -> None:
    """Raises ValueError naming a parameter that is below 1."""
    for name, value in parameters.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")


def beat_layout(byte_count: int) -> data.StructLayout:
    """A beat of ``byte_count`` bytes: ``data``, and ``last`` in a frame's last one."""
    return data.StructLayout({"data": 8 * byte_count, "last": 1})


class BeatAssembler(Part):
    """Collects ``bytes_in`` bytes, the first in the least significant bits, into one beat.

    A beat is offered 1 cycle after its last byte was taken; as long as beats are taken at once, a
    byte is taken in each cycle. Every ``beats_in``-th beat has ``last`` set.

    Ports: ``i`` in, stream of 8 bits; ``o`` out, stream of :func:`beat_layout`; ``last`` out, whether the
    next byte is the last one of the last beat.
    Raises ValueError if a parameter is below 1.
    """

    def __init__(self, bytes_in: int, beats_in: int) -> None:
        check_positive(bytes_in=bytes_in, beats_in=beats_in)
        self.bytes_in = bytes_in
        self.beats_in = beats_in
        beats = stream.Signature(beat_layout(bytes_in))
        super().__init__({"i": In(stream.Signature(8)), "o": Out(beats), "last": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """Bytes into a beat, least significant first."""
        m = Module()
        shift = Signal(8 * self.bytes_in)
        byte = Signal(range(self.bytes_in))
        beat = Signal(range(self.beats_in))
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            self.o.payload.data.eq(shift),
            self.last.eq((byte == self.bytes_in - 1) & (beat == self.beats_in - 1)),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [shift.eq(Cat(shift, self.i.payload)[8:]), _count(byte, self.bytes_in)]
            with m.If(byte == self.bytes_in - 1):
                m.d.sync += [
                    self.o.valid.eq(1),
                    self.o.payload.last.eq(self.last),
                    _count(beat, self.beats_in),
                ]
        return m


class BeatSplitter(Part):
    """Sends each beat of ``bytes_out`` bytes byte by byte, the least significant first.

    The first byte is offered 1 cycle after the beat was taken; the next beat is taken together with
    the last byte.

    Ports: ``i`` in, stream of ``8 * bytes_out`` bits; ``o`` out, stream of 8 bits; ``i_last`` in, something
    that is true of the beat on offer, ``o_last`` out, whether it is of the byte on offer and this is the
    beat's last one.
    Raises ValueError if ``bytes_out`` is below 1.
    """

    def __init__(self, bytes_out: int) -> None:
        check_positive(bytes_out=bytes_out)
        self.bytes_out = bytes_out
        beats = stream.Signature(8 * bytes_out)
        super().__init__({"i": In(beats), "o": Out(stream.Signature(8)), "i_last": In(1), "o_last": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """A beat into bytes, least significant first."""
        m = Module()
        shift = Signal(8 * self.bytes_out)
        left = Signal(range(self.bytes_out + 1))
        last = Signal()
        m.d.comb += [
            self.o.valid.eq(left != 0),
            self.o_last.eq(last & (left == 1)),
            self.o.payload.eq(shift[:8]),
            self.i.ready.eq((left == 0) | ((left == 1) & self.o.ready)),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [shift.eq(shift >> 8), left.eq(left - 1)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [shift.eq(self.i.payload), left.eq(self.bytes_out), last.eq(self.i_last)]
        return m


def _count(counter: Signal, limit: int) -> object:
    """The statement that lets ``counter`` run through 0 .. limit - 1."""
    return counter.eq(Mux(counter == limit - 1, 0, counter + 1))
