"""Chooses one option for each layer, exactly: by labels, or where these are too many by CP-SAT."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Literal

import numpy as np

from bnngen.cost.option import Option
from bnngen.cost.resources import Resources
from bnngen.schedule import cp_sat, labels

Kind = Literal["lut", "ff", "bram", "spram"]
KINDS: tuple[Kind, ...] = ("lut", "ff", "bram", "spram")
"""The resources that a choice may not exceed."""
UNLIMITED = 1 << 40
AREA_SCALE = 1_000_000
_limited = attrgetter(*KINDS)


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
        limit = _fewest_cycles(layers, budget)
        if limit is None:
            return None
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


def _fewest_cycles(layers: Sequence[Sequence[Option]], budget: Resources) -> int | None:
    """The fewest cycles of the slowest layer of any choice within ``budget``; None if there is none."""
    least = max((min((o.cycles for o in options), default=0) for options in layers), default=0)
    limits = sorted({o.cycles for options in layers for o in options if o.cycles > least} | {least})
    first = bisect_left(limits, True, key=lambda limit: _solve(layers, budget, limit, _nothing) is not None)
    return limits[first] if first < len(limits) else None


def _nothing(_: Resources) -> int:
    """What a choice costs that only has to exist."""
    return 0


def _solve(
    layers: Sequence[Sequence[Option]],
    budget: Resources,
    limit: int | None,
    cost: Callable[[Resources], int],
) -> list[Option] | None:
    """The choice of the least cost of which no layer takes more cycles than ``limit``."""
    allowed = [[o for o in options if limit is None or o.cycles <= limit] for options in layers]
    if not all(allowed):
        return None
    tables = [np.array([(cost(o.resources), *_limited(o.resources)) for o in options]) for options in allowed]
    limits = np.array(_limited(budget))
    try:
        rows = labels.cheapest(tables, limits)
    except labels.TooManyLabelsError:
        rows = cp_sat.cheapest(tables, limits)
    if rows is None:
        return None
    return [options[row] for options, row in zip(allowed, rows, strict=True)]


def _area(resources: Resources, budget: Resources) -> int:
    lut = AREA_SCALE * resources.lut // max(1, budget.lut)
    return lut + AREA_SCALE * resources.bram // max(1, budget.bram)
