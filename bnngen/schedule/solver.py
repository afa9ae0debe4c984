"""Chooses one option for each layer, exactly: a small integer program for OR-tools' CP-SAT.

Runs with one worker and a deterministic time limit, so that the same request has the same answer on every
machine (a wall-clock limit or a race between threads would not).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, Literal

from ortools.sat.python import cp_model

from bnngen.cost.option import Option
from bnngen.cost.resources import Resources

Kind = Literal["lut", "ff", "bram", "spram"]
KINDS: tuple[Kind, ...] = ("lut", "ff", "bram", "spram")
"""The resources that a choice may not exceed."""
UNLIMITED = 1 << 40
AREA_SCALE = 1_000_000
DETERMINISTIC_LIMIT = 60.0


def choose(
    layers: Sequence[Sequence[Option]],
    budget: Resources,
    max_cycles: int | None,
    comfortable: Resources | None = None,
) -> list[Option] | None:
    """One option for each layer within ``budget``, or None if there is no such choice.

    With ``max_cycles``: the least area of which no layer takes more cycles. Without: the least greatest
    number of cycles, and among those the least area: the parts of the LUTs and of the memory blocks that are
    ``comfortable``, or of those of the budget.
    """
    limit = max_cycles
    if limit is None:
        fastest = _solve(layers, budget, None, None)
        if fastest is None:
            return None
        limit = max(option.cycles for option in fastest)
    return _solve(layers, budget, limit, lambda resources: _area(resources, comfortable or budget))


def least(
    layers: Sequence[Sequence[Option]], budget: Resources, max_cycles: int | None, kind: Kind
) -> list[Option] | None:
    """One option for each layer that take the least of ``kind`` together, however much that is, with
    everything else within ``budget``; None if there is no such choice."""
    unlimited = replace(budget, **{kind: UNLIMITED})
    return _solve(layers, unlimited, max_cycles, attrgetter(kind))


def smallest(
    layers: Sequence[Sequence[Option]], budget: Resources, max_cycles: int | None
) -> list[Option] | None:
    """One option for each layer with the least area together, weighed by ``budget`` but within no limit;
    None if a layer can't be done in so few cycles."""
    unlimited = Resources(UNLIMITED, UNLIMITED, UNLIMITED, spram=UNLIMITED)
    return _solve(layers, unlimited, max_cycles, lambda resources: _area(resources, budget))


def _solve(
    layers: Sequence[Sequence[Option]],
    budget: Resources,
    limit: int | None,
    cost: Callable[[Resources], int] | None,
) -> list[Option] | None:
    """The choice of the least cost, or without a cost of the fewest cycles."""
    model = cp_model.CpModel()
    allowed = [[o for o in options if limit is None or o.cycles <= limit] for options in layers]
    picks = [[model.new_bool_var("") for _ in options] for options in allowed]
    for pick in picks:
        model.add_exactly_one(pick)
    terms = [
        (var, o)
        for pick, options in zip(picks, allowed, strict=True)
        for var, o in zip(pick, options, strict=True)
    ]
    for kind in KINDS:
        model.add(sum(getattr(o.resources, kind) * var for var, o in terms) <= getattr(budget, kind))
    if cost is None:
        _minimize_cycles(model, picks, allowed)
    else:
        model.minimize(sum(cost(o.resources) * var for var, o in terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = DETERMINISTIC_LIMIT
    # its own handler would stay behind, and Ctrl-C would then kill every later step without a clean-up
    solver.parameters.catch_sigint_signal = False
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [
        next(o for var, o in zip(pick, options, strict=True) if solver.boolean_value(var))
        for pick, options in zip(picks, allowed, strict=True)
    ]


def _minimize_cycles(model: Any, picks: Sequence[Sequence[Any]], allowed: Sequence[Sequence[Option]]) -> None:
    slowest = max((o.cycles for options in allowed for o in options), default=0)
    cycles = model.new_int_var(0, slowest, "cycles")
    for pick, options in zip(picks, allowed, strict=True):
        model.add(cycles >= sum(o.cycles * var for var, o in zip(pick, options, strict=True)))
    model.minimize(cycles)


def _area(resources: Resources, budget: Resources) -> int:
    lut = AREA_SCALE * resources.lut // max(1, budget.lut)
    return lut + AREA_SCALE * resources.bram // max(1, budget.bram)
