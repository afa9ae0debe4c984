"""The exact choice of one row for each of several tables by OR-tools' CP-SAT, where labels are too many.

It runs with one worker and a deterministic time limit, so that the same request has the same answer on every
machine (a wall-clock limit or a race between threads would not).
"""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.schedule.labels import Integers

DETERMINISTIC_LIMIT = 60.0


def cheapest(tables: Sequence[Integers], limits: Integers) -> list[int] | None:
    """What `labels.cheapest` says, or the best choice that was found until the limit; of several such choices
    any."""
    from ortools.sat.python import cp_model  # takes a second to load, and is seldom needed

    model = cp_model.CpModel()
    picks = [[model.new_bool_var("") for _ in table] for table in tables]
    for pick in picks:
        model.add_exactly_one(pick)
    variables = [var for pick in picks for var in pick]
    costs, *columns = zip(*(row for table in tables for row in table.tolist()), strict=True)
    for column, limit in zip(columns, limits.tolist(), strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(variables, column) <= limit)
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_deterministic_time = DETERMINISTIC_LIMIT
    # its own handler would stay behind, and Ctrl-C would then kill every later step without a clean-up
    solver.parameters.catch_sigint_signal = False
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [next(k for k, var in enumerate(pick) if solver.boolean_value(var)) for pick in picks]
