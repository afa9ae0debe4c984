"""Fits a network to a board: which folding and which memories each layer gets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bnngen.base.errors import FitError
from bnngen.cost.option import Option
from bnngen.cost.resources import Resources
from bnngen.reference.network import Network
from bnngen.schedule.budget import Rate
from bnngen.schedule.problem import Problem
from bnngen.schedule.reasons import link_alone, why_not
from bnngen_boards.pll import plan_clock
from bnngen_boards.profile import Board


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
        """The estimate for the layers together, their memories before they are packed."""
        return sum((o.resources for o in self.options if o), Resources())


def plan(
    network: Network,
    board: Board,
    rate: Rate = None,
    clock_mhz: float | None = None,
    spare: int = 0,
    cycles: int | None = None,
    most_bytes: int | None = None,
) -> Schedule:
    """The schedule for ``rate`` frames a second with the least area; without one the fastest within 70 % of
    the LUTs that routes within minutes; the fastest that fits the whole device for "max". It leaves ``spare``
    block RAMs beside those that a layer's own memories may take. With ``cycles``, in place of the fastest it
    is the one with the least area of which a frame takes no more. With ``most_bytes``, a frame of inputs
    takes at most so many, each beat whole ones, or as few as can be.

    Raises FitError, which says what is in the way and what would fit, if there is none; UsageError for a
    rate that isn't positive.
    """
    if reason := link_alone(board):
        raise FitError(reason)
    wanted = board.clock.default_mhz if clock_mhz is None else clock_mhz
    clock = plan_clock(board.clock, wanted).out_mhz
    layers = [(layer.name, layer.op) for layer in network.layers if layer.op.foldable]
    problem = Problem(layers, board, clock, rate, spare, cycles, most_bytes)
    if problem.solution is None:
        raise FitError(why_not(problem))
    chosen = iter(problem.solution)
    options = (next(chosen) if layer.op.foldable else None for layer in network.layers)
    return Schedule(network, board, clock, tuple(options))
