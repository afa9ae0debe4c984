"""The outer search for a design that fits: what only a whole design tells is fed back to the schedule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bnngen.base.errors import FitError
from bnngen.design import Design
from bnngen.emit.board_link import link_bytes, link_rate
from bnngen.reference.network import Network
from bnngen.schedule.budget import Rate, available, cycle_limit
from bnngen.schedule.planner import Schedule, plan
from bnngen.schedule.reasons import link_alone, memory_alone
from bnngen_boards.profile import Board

Search = Callable[..., Schedule]
"""`plan` for a network, a board and a clock."""
CLOSE = 1 / 32
"""How near to the fastest design a search comes."""


def fit(network: Network, board: Board, rate: Rate = None, clock_mhz: float | None = None) -> Design:
    """The design that `bnngen.compile` describes. Raises FitError if there is none, UsageError if a rate is
    that of a link that the board doesn't have."""
    search = partial(plan, network, board, clock_mhz=clock_mhz)
    if rate == "link":
        rate, search = link_rate(network, board), partial(search, most_bytes=link_bytes(network))
    design = _within_the_memory(search, rate)
    most = cycle_limit(rate, design.schedule.clock_mhz)
    if most is None or design.cycles_per_frame <= most:
        return design
    return _within_cycles(search, most, design)


def _within_cycles(search: Search, most: int, slow: Design) -> Design:
    """The plan counts the engines; a change of lanes between two of them may take longer still. So it is
    asked for ever fewer cycles, until a design takes no more than ``most``, as ``slow`` does, and then for as
    many as may be."""
    hertz = slow.schedule.clock_mhz * 1_000_000
    found: Design | None = None
    low, high, step = 0, most, 1  # nothing is to be found at either end
    while high - low > 1:
        cycles = max(low + 1, high - step) if low == 0 else (low + high) // 2
        try:
            design = _within_the_memory(search, hertz / cycles)
        except FitError:
            low = cycles
            continue
        if design.cycles_per_frame <= most:
            found, low = design, cycles
        else:
            slow, high, step = min(slow, design, key=lambda d: d.cycles_per_frame), cycles, 2 * step
    if found is None:
        board, clock = slow.schedule.board, slow.schedule.clock_mhz
        raise FitError(
            f"that rate doesn't fit {board.name} at {float(clock):g} MHz: the fastest design takes "
            f"{slow.cycles_per_frame:,} cycles a frame ({slow.fps:,.0f} frames/s); ask for "
            "fewer frames, a faster clock (--clock) or a larger board"
        )
    return found


def _within_the_memory(search: Search, rate: Rate) -> Design:
    """The plan counts lines and queues as one layer tells; how long words wait in them, all layers together
    tell. While they turn out too large, more room is left for them, and then less speed is asked for."""
    first = design = Design(search(rate))
    board, spare = design.schedule.board, 0
    while (missing := _missing(design)) > 0:
        if spare >= available(board).bram:  # the layers have none left that they could give up
            raise FitError(link_alone(board) or memory_alone(board, design.resources.bram))
        spare += missing
        design = Design(search(rate, spare=spare))
    low, high = first.cycles_per_frame, design.cycles_per_frame
    # room for all layers is more than most need: a little less speed may do
    while high - low > max(1, high * CLOSE) and (rate is None or rate == "max"):
        middle = (low + high) // 2
        other = Design(search(rate, cycles=middle))
        if _missing(other) > 0 or other.cycles_per_frame >= high:
            low = middle
        else:
            design, high = other, other.cycles_per_frame
    return design


def _missing(design: Design) -> int:
    """The block RAMs that the design takes beyond those of its board."""
    return design.resources.bram - available(design.schedule.board).bram
