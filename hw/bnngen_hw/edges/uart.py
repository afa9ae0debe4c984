"""A serial link: 8 data bits, no parity, 1 stop bit, and a bridge between it and two beat streams."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from amaranth.hdl import Cat, Const, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from bnngen_hw.edges.bytes import BeatAssembler, BeatSplitter, beat_layout, check_positive
from bnngen_hw.part import Part

BITS_PER_BYTE = 10
"""What a byte takes on the line: start bit, 8 data bits, stop bit."""
MIN_DIVISOR = 4
"""Fewer cycles a bit leave the receiver no room to find a bit's middle."""
MAX_BAUD_ERROR = Fraction(2, 100)
"""The stop bit is sampled 9.5 bits after the start edge, so half a bit is about 5 %: the host's own
clock and the line's edges need the rest."""


def uart_divisor(clock_hz: Fraction | int, baud: int) -> int:
    """Clock cycles for each bit at ``baud`` bits a second, rounded to the nearest.

    Raises ValueError if that misses the rate by more than 2 %, or is fewer than 4 cycles.
    """
    exact = Fraction(clock_hz) / baud
    divisor = round(exact)
    if divisor < MIN_DIVISOR:
        raise ValueError(f"{baud} baud needs a clock of at least {MIN_DIVISOR * baud / 1e6:g} MHz")
    if abs(exact / divisor - 1) > MAX_BAUD_ERROR:
        raise ValueError(f"{baud} baud is no whole number of cycles: {float(exact):.2f} (at most 2 % off)")
    return divisor


def _check_divisor(divisor: int) -> None:
    if divisor < MIN_DIVISOR:
        raise ValueError(f"divisor must be at least {MIN_DIVISOR}, not {divisor}")


class UartReceiver(Part):
    """Bytes from a serial line.

    Each bit is sampled in its middle. A byte appears 9.5 bits and 3 cycles after its start edge and
    stays until it is taken; one byte every ``10 * divisor`` cycles at most.

    A low stop bit is a break: its byte is dropped, and ``break_`` is high from there until the line
    is high again (at least 1 cycle).

    Parameters: ``divisor``, clock cycles for each bit, at least 4 (ValueError otherwise).

    Ports: ``rx`` in, the line, asynchronous, idle high; ``o`` out, stream of 8 bits; ``break_`` out;
    ``overrun`` out, high for one cycle when a byte is lost because the one before was not taken.
    """

    def __init__(self, divisor: int) -> None:
        _check_divisor(divisor)
        self.divisor = divisor
        super().__init__(
            {"rx": In(1, init=1), "o": Out(stream.Signature(8)), "break_": Out(1), "overrun": Out(1)}
        )

    def elaborate(self, platform: object) -> Module:
        """A state machine that samples each bit in its middle."""
        m = Module()
        line = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)
        timer = Signal(range(self.divisor))
        bits = Signal(range(BITS_PER_BYTE))
        shift = Signal(8)
        received = Signal()
        with m.FSM():
            with m.State("idle"):
                m.d.sync += [timer.eq(self.divisor // 2 - 1), bits.eq(0)]
                with m.If(~line):
                    m.next = "sample"
            with m.State("sample"):
                m.d.sync += timer.eq(timer - 1)
                with m.If(timer == 0):
                    m.d.sync += [timer.eq(self.divisor - 1), bits.eq(bits + 1)]
                    self._take_bit(m, line, bits, shift, received)
            with m.State("break"):
                m.d.comb += self.break_.eq(1)
                with m.If(line):
                    m.next = "idle"
        self._hold(m, shift, received)
        return m

    def _take_bit(self, m: Module, line: Signal, bits: Signal, shift: Signal, received: Signal) -> None:
        """What happens in the middle of each bit."""
        with m.If(bits == BITS_PER_BYTE - 1):
            with m.If(line):
                m.d.comb += received.eq(1)
                m.next = "idle"
            with m.Else():
                m.next = "break"
        with m.Elif((bits == 0) & line):
            m.next = "idle"  # too short for a start bit
        with m.Elif(bits != 0):
            m.d.sync += shift.eq(Cat(shift[1:], line))

    def _hold(self, m: Module, shift: Signal, received: Signal) -> None:
        """The output register."""
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(received):
            with m.If(self.o.valid & ~self.o.ready):
                m.d.comb += self.overrun.eq(1)
            with m.Else():
                m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(shift)]


class UartTransmitter(Part):
    """Bytes to a serial line, least significant bit first.

    The start bit begins 1 cycle after a byte is taken; the next byte is taken after
    ``10 * divisor`` cycles.

    Parameters: ``divisor``, clock cycles for each bit, at least 4 (ValueError otherwise).

    Ports: ``i`` in, stream of 8 bits; ``tx`` out, the line, idle high.
    """

    def __init__(self, divisor: int) -> None:
        _check_divisor(divisor)
        self.divisor = divisor
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        """A shift register, a bit every ``divisor`` cycles."""
        m = Module()
        timer = Signal(range(self.divisor))
        shift = Signal(BITS_PER_BYTE, init=-1)
        left = Signal(range(BITS_PER_BYTE + 1))
        m.d.comb += [self.tx.eq(shift[0]), self.i.ready.eq((left == 0) | ((left == 1) & (timer == 0)))]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [
                shift.eq(Cat(Const(0, 1), self.i.payload, Const(1, 1))),
                left.eq(BITS_PER_BYTE),
                timer.eq(self.divisor - 1),
            ]
        with m.Elif(timer != 0):
            m.d.sync += timer.eq(timer - 1)
        with m.Elif(left != 0):
            m.d.sync += [shift.eq(Cat(shift[1:], Const(1, 1))), left.eq(left - 1), timer.eq(self.divisor - 1)]
        return m


class UartStreamBridge(Part):
    """A serial line on one side, an accelerator's input and output streams on the other.

    ``bytes_in`` received bytes, little endian, make one input beat; the last of each ``beats_in``
    beats carries ``last``. Each output beat is sent as ``bytes_out`` bytes, little endian.

    There is no flow control towards the host: it sends a frame of at most ``buffer_bytes`` and
    waits for its answer, or it knows that the accelerator takes bytes faster than they come. A byte
    that finds the buffer full is lost, and ``overrun`` tells.

    To begin anew, after a lost byte or a time-out, the host sends a break (the line low for longer
    than a byte) and throws away what it still receives until a byte's time after it. The break empties
    the bridge, the next byte is the first of a frame, and ``restart`` resets the accelerator, which
    may hold part of a frame.

    Parameters: the three counts and ``buffer_bytes`` at least 1, ``divisor`` (clock cycles for each
    bit) at least 4; ValueError otherwise.

    Ports: ``rx`` in and ``tx`` out, the line; ``o`` out, stream of :func:`beat_layout`; ``i`` in, stream
    of ``8 * bytes_out`` bits; ``i_last`` in, whether the beat on offer is a frame's last (not
    looked at here); ``restart`` out, high while a break lasts; ``overrun`` out, high from a lost byte to the
    next break.
    """

    def __init__(
        self, bytes_in: int, beats_in: int, bytes_out: int, *, divisor: int, buffer_bytes: int = 16
    ) -> None:
        check_positive(bytes_in=bytes_in, beats_in=beats_in, bytes_out=bytes_out, buffer_bytes=buffer_bytes)
        _check_divisor(divisor)
        self.bytes_in = bytes_in
        self.beats_in = beats_in
        self.bytes_out = bytes_out
        self.divisor = divisor
        self.buffer_bytes = buffer_bytes
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "o": Out(stream.Signature(beat_layout(bytes_in))),
                "i": In(stream.Signature(8 * bytes_out)),
                "i_last": In(1),
                "restart": Out(1),
                "overrun": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Receiver, assembler, splitter, transmitter."""
        m = Module()
        m.submodules.receiver = receiver = UartReceiver(self.divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(self.divisor)
        fifo = SyncFIFOBuffered(width=8, depth=self.buffer_bytes)
        assembler = BeatAssembler(self.bytes_in, self.beats_in)
        splitter = BeatSplitter(self.bytes_out)
        empties = ResetInserter(self.restart)
        m.submodules.fifo = empties(fifo)
        m.submodules.assembler = empties(assembler)
        m.submodules.splitter = empties(splitter)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx), self.restart.eq(receiver.break_)]
        m.d.comb += splitter.i_last.eq(self.i_last)
        wiring.connect(m, receiver.o, fifo.w_stream)
        wiring.connect(m, assembler.o, wiring.flipped(self.o))
        wiring.connect(m, wiring.flipped(self.i), splitter.i)
        self._frame(m, fifo.r_stream, assembler, splitter, transmitter.i)
        with m.If(self.restart):
            m.d.sync += self.overrun.eq(0)
        with m.Elif(receiver.overrun):
            m.d.sync += self.overrun.eq(1)
        return m

    def _frame(
        self, m: Module, received: Any, assembler: BeatAssembler, splitter: BeatSplitter, sent: Any
    ) -> None:
        """From the bytes that are ``received`` to beats, and from beats to those that are ``sent``: here
        just so."""
        wiring.connect(m, received, assembler.i)
        wiring.connect(m, splitter.o, sent)
