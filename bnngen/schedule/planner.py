"""Fits a network to a board: which folding and which memories each layer gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

from bnngen.errors import FitError, UsageError
from bnngen.network import Network
from bnngen.ops.argmax import ArgMax
from bnngen.ops.dense import Dense
from bnngen.schedule.option import Option
from bnngen.schedule.resources import Resources, memory_blocks
from bnngen.schedule.solver import choose
from bnngen_boards.pll import plan_clock
from bnngen_boards.profile import Board

DEFAULT_LUT_SHARE = Fraction(7, 10)
"""Without a wanted rate a design may take this part of the LUTs, and no more than the board's
``routable_lut``: more routes slowly, or not at all."""
HOST_LINK_LOGIC = Resources(lut=350, ff=350)
"""What the board's serial link, clock and reset take beside the accelerator, without the link's buffer."""

Rate = float | Fraction | Literal["max"] | None


@dataclass(frozen=True, eq=False)
class Schedule:
    """The choice for each layer of ``network`` (None for a layer without choices), on ``board``.

    ``clock_mhz`` is the clock that the board really makes.
    """

    network: Network
    board: Board
    clock_mhz: Fraction
    options: tuple[Option | None, ...]

    @property
    def resources(self) -> Resources:
        """The estimate for the layers together."""
        return sum((o.resources for o in self.options if o), Resources())


def available(board: Board) -> Resources:
    """What the device has."""
    r = board.resources
    return Resources(lut=r.lut, ff=r.ff, bram=r.bram.blocks, dsp=r.dsp)


def host_link(board: Board) -> Resources:
    """What the design around the accelerator takes: a serial link with a buffer of bytes, clock, reset."""
    blocks = memory_blocks(8, board.uart.buffer_bytes, board.resources.bram.shapes)
    return HOST_LINK_LOGIC + Resources(bram=blocks)


def plan(network: Network, board: Board, rate: Rate = None, clock_mhz: float | None = None) -> Schedule:
    """The schedule for ``rate`` frames a second with the least area; without one the fastest within 70 % of
    the LUTs that routes within minutes; the fastest that fits the whole device for "max".

    Raises FitError, which says what is in the way and what would fit, if there is none; UsageError for a
    rate that isn't positive.
    """
    wanted = board.clock.default_mhz if clock_mhz is None else clock_mhz
    clock = plan_clock(board.clock, wanted).out_mhz
    layers = [(layer.name, layer.op) for layer in network.layers]
    denses = [(name, op) for name, op in layers if isinstance(op, Dense)]
    options = [op.options(board, first=i == 0) for i, (_, op) in enumerate(denses)]
    budget = _budget(board, rate)
    limit = _cycle_limit(rate, clock)
    choice = choose(options, budget, limit)
    if choice is None:
        raise FitError(_why_not(denses, options, board, clock, rate, limit))
    chosen = iter(choice)
    return Schedule(
        network, board, clock, tuple(None if isinstance(op, ArgMax) else next(chosen) for _, op in layers)
    )


def _budget(board: Board, rate: Rate) -> Resources:
    """What the layers may take together."""
    all_, link = available(board), host_link(board)
    lut = (
        all_.lut if rate is not None else min(floor(all_.lut * DEFAULT_LUT_SHARE), board.fabric.routable_lut)
    )
    return Resources(lut=lut - link.lut, ff=all_.ff - link.ff, bram=all_.bram - link.bram, dsp=all_.dsp)


def _cycle_limit(rate: Rate, clock: Fraction) -> int | None:
    if rate is None or rate == "max":
        return None
    if rate <= 0:
        raise UsageError(f"the frame rate must be above 0, not {float(rate):g}")
    return floor(clock * 1_000_000 / Fraction(rate))


def _why_not(
    layers: Sequence[tuple[str, Dense]],
    options: Sequence[Sequence[Option]],
    board: Board,
    clock: Fraction,
    rate: Rate,
    limit: int | None,
) -> str:
    fastest = choose(options, _budget(board, "max"), None)
    if fastest is not None and limit is not None:
        cycles = max(o.cycles for o in fastest)
        best = float(clock * 1_000_000 / cycles)
        return (
            f"that rate doesn't fit {board.name} at {float(clock):g} MHz: it leaves "
            f"{limit or 'less than 1'} cycles a frame, and the fastest design that fits the whole device "
            f"takes {cycles} ({best:,.0f} frames/s); "
            "ask for fewer frames, a faster clock (--clock) or a larger board"
        )
    budget = _budget(board, rate)
    name, largest = max(layers, key=lambda layer: layer[1].weight_bits)
    bits = sum(op.weight_bits for _, op in layers)
    smallest = [min(layer, key=lambda o: o.resources.lut).resources for layer in options]
    least = sum(smallest, Resources())
    memory = board.resources.bram
    return (
        f"the network doesn't fit {board.name}: its weights are {bits:,} bits, and even the smallest "
        f"foldings take {least.lut:,} LUTs of {budget.lut:,} and {least.bram:,} {memory.kind} of "
        f"{budget.bram:,}; the largest layer is '{name}' with {largest.weight_bits:,} bits, and all block "
        f"RAM is {memory.blocks * memory.bits:,}: use fewer neurons or bits, or a larger board"
    )
