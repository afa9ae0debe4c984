"""Step(t) -> Step(u)   =>   Step(v)

The first step makes a few known codes, so the second passes each of its thresholds from one of them on:
v is the threshold t at which the first step reaches that code, always if the lowest code passes already,
never if none does. In a falling second row the codes pass from the top down, so the row's sense turns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import ALWAYS, NEVER, Bound, Row, Step
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def merge_steps(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Step, Step)
    if match is None:
        return None
    first, inner = match
    outer = node.op
    assert isinstance(outer, Step)
    channels = max(len(inner.rows), len(outer.rows))
    rows, falling, places = [], [], dict[int, list[int]]()
    for c in range(channels):
        i, o = c % len(inner.rows), c % len(outer.rows)
        falls = outer.falling[o]
        if o not in places:
            places[o] = _places(inner, outer.rows[o], falls)
        rows.append(_composed(inner.rows[i], places[o], falls))
        falling.append(inner.falling[i] != falls)
    merged = _without_zero(Step(tuple(rows), tuple(falling), outer.type, outer.from_sign))
    return graph.with_op(node.name, merged).without(first.name)


def _without_zero(step: Step) -> Step:
    """The same codes as a bipolar step, where a plain Sign passes both of its thresholds at once."""
    if not step.from_sign or any(row[0] != row[1] for row in step.rows):
        return step
    return Step(tuple((row[0],) for row in step.rows), step.falling, BIPOLAR)


def _places(inner: Step, row: Row, falls: bool) -> list[int]:
    """For each threshold of the second step the place of the one of the first that decides it: -1 if it is
    always passed, one behind the last if never."""
    count = len(inner.rows[0])
    codes = inner.type.lo + inner.step * np.arange(count + 1)
    passed = _passed(row, codes, falls)  # of all codes, how many thresholds each one passes
    if not falls:
        return [int(k) - 1 for k in np.searchsorted(passed, np.arange(len(row)), side="right")]
    # the last code that passes a threshold is the last before the complement of the next threshold is passed
    last = np.searchsorted(-passed, -np.arange(len(row)), side="left") - 1
    return [count if k < 0 else -1 if k == count else int(k) for k in last]


def _passed(row: Row, codes: NDArray[np.int64], falls: bool) -> NDArray[np.int64]:
    if isinstance(row, Ladder):
        return row.passed_by(codes)
    return np.array([sum(bound.passed(Exact.of(int(c)), falls) for bound in row) for c in codes])


def _composed(row: Row, places: Sequence[int], falls: bool) -> Row:
    """The thresholds of the first step's ``row`` at these places, in the turned sense if the second falls."""
    if isinstance(row, Ladder):
        return (row.complement() if falls else row).picked(places)
    ends = {-1: ALWAYS, len(row): NEVER}
    return tuple(ends[k] if k in ends else _complement(row[k]) if falls else row[k] for k in places)


def _complement(bound: Bound) -> Bound:
    """Passed, in the turned sense, exactly where ``bound`` is not."""
    if bound.value is None:
        return ALWAYS if bound.strict else NEVER
    return Bound(bound.value, not bound.strict)
