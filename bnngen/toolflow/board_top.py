"""The design around an accelerator on a board: its clock, its reset and its serial link.

The accelerator itself is an instance of the emitted Verilog module ``bnn_accelerator``, so what is
synthesised is the text that was simulated.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

from amaranth.hdl import ClockDomain, ClockSignal, Elaboratable, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer

from bnngen.base.errors import BoardError
from bnngen_boards.families import PLLS
from bnngen_boards.platform import resource_names
from bnngen_boards.pll import ClockPlan, DirectClock, exact_mhz, plan_clock
from bnngen_boards.profile import Board
from bnngen_hw.edges.link import LinkedAccelerator, StreamShape
from bnngen_hw.edges.uart import uart_divisor

RESET_US = 15
"""How long the reset lasts once the clock is stable: block RAMs may read as zeros for about
3 us after configuration, and this leaves a margin of five."""


def reset_cycles(clock_mhz: Fraction) -> int:
    """How many cycles the reset lasts once the clock is stable."""
    return ceil(clock_mhz * RESET_US)


def _input(m: Module, port: Any) -> Any:
    """What comes in at a port's pin."""
    m.submodules += (buffer := io.Buffer("i", port))
    return buffer.i


def _output(m: Module, port: Any, value: Any) -> None:
    """Drives a port's pin."""
    m.submodules += (buffer := io.Buffer("o", port))
    m.d.comb += buffer.o.eq(value)


class ClockAndReset(Elaboratable):
    """Drives the ``sync`` domain: the board's oscillator, through the PLL if ``plan`` has one.

    The reset is released some time after the PLL has locked, and comes back if the lock is lost (see
    :class:`PowerOnReset`). The clock carries a timing constraint.
    """

    def __init__(self, board: Board, plan: ClockPlan) -> None:
        self.board = board
        self.plan = plan

    def elaborate(self, platform: Any) -> Module:
        """The PLL, or the oscillator itself, and the reset behind it."""
        m = Module()
        clock = Signal(attrs={"keep": 1})  # the constraint below needs its name in the netlist
        locked = Signal()
        port = platform.request(resource_names(self.board).clock, dir="-")
        if isinstance(self.plan, DirectClock):
            m.d.comb += [clock.eq(_input(m, port)), locked.eq(1)]
        else:
            pll = PLLS[self.board.clock.pll or ""]
            source = port.io if pll.from_pad else _input(m, port)
            m.submodules.pll = self.plan.instance(pll.cell, source, clock, locked)
            platform.add_clock_constraint(clock, float(self.plan.out_mhz * 1_000_000))
        m.domains.por = ClockDomain("por", reset_less=True, local=True)
        m.d.comb += [ClockSignal("sync").eq(clock), ClockSignal("por").eq(clock)]
        m.submodules.reset = PowerOnReset(self.plan.out_mhz, locked)
        return m


class PowerOnReset(Elaboratable):
    """Drives ``sync``'s reset: high until ``locked`` (asynchronous) has been high for :data:`RESET_US`,
    at ``clock_mhz`` and in step with the clock. Counts in the domain ``por``, the same clock without a
    reset.
    """

    def __init__(self, clock_mhz: Fraction, locked: Signal) -> None:
        self.clock_mhz = clock_mhz
        self.locked = locked

    def elaborate(self, platform: Any) -> Module:
        """A counter that stops when it is full."""
        m = Module()
        stable = Signal()
        m.submodules.synchronizer = FFSynchronizer(self.locked, stable, o_domain="por")
        cycles = reset_cycles(self.clock_mhz)
        timer = Signal(range(cycles + 1))
        released = Signal()
        m.d.por += released.eq(timer == cycles)
        with m.If(~stable):
            m.d.por += timer.eq(0)
        with m.Elif(timer != cycles):
            m.d.por += timer.eq(timer + 1)
        m.d.comb += ResetSignal("sync").eq(~released)
        return m


class BoardTop(Elaboratable):
    """The whole design for one board: clock, reset, serial link and accelerator.

    ``clock_mhz`` is the wanted clock; :attr:`clock` says what the board really makes. A break on
    the serial line resets the accelerator (see :class:`bnngen_hw.edges.uart.UartStreamBridge`). The LED,
    where the board has one, lights up for a frame error or a lost byte.

    Raises :class:`BoardError` if the board cannot make the clock, or the baud rate from it, or has no
    serial link at all because it is synthesised only.
    """

    _MustUse__silence = True  # it may be made only to ask for its clock

    def __init__(self, board: Board, shape: StreamShape, clock_mhz: float | Fraction) -> None:
        if board.uart is None:
            raise BoardError(
                f"board {board.name!r}: family {board.family!r} is synthesised only: "
                "it has no serial link to put around an accelerator"
            )
        self.board = board
        self.clock: ClockPlan = plan_clock(board.clock, exact_mhz(clock_mhz))
        try:
            self.divisor = uart_divisor(self.clock.out_mhz * 1_000_000, board.uart.baud)
        except ValueError as error:
            raise BoardError(
                f"board {board.name!r} at {float(self.clock.out_mhz):g} MHz: uart.baud: {error}"
            ) from None
        self.linked = LinkedAccelerator(shape.bridge(self.divisor, board.uart.buffer_bytes))

    def elaborate(self, platform: Any) -> Module:
        """The accelerator behind its serial bridge, and the LED."""
        m = Module()
        names = resource_names(self.board)
        m.domains.sync = ClockDomain()
        m.submodules.clock_and_reset = ClockAndReset(self.board, self.clock)
        m.submodules.linked = linked = self.linked
        uart = platform.request(names.uart, dir="-")
        m.d.comb += linked.rx.eq(_input(m, uart.rx))
        _output(m, uart.tx, linked.tx)
        if names.led is not None:
            _output(m, platform.request(names.led, dir="-"), linked.fault)
        return m
