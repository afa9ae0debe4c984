"""Step(t) -> Step(u)   =>   Step(v)

The first step makes a few known codes, so the second passes each of its thresholds from one of them on:
v is the threshold t at which the first step reaches that code, always if the lowest code passes already,
never if none does. In a falling second row the codes pass from the top down, so the row's sense turns.
"""

from __future__ import annotations

from bnngen.ir.graph import Graph, Node
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
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
    if inner.from_sign:
        return None
    channels = max(len(inner.rows), len(outer.rows))
    rows, falling = [], []
    for c in range(channels):
        i, o = c % len(inner.rows), c % len(outer.rows)
        rows.append(tuple(_composed(inner, i, b, outer.falling[o]) for b in outer.rows[o]))
        falling.append(inner.falling[i] != outer.falling[o])
    merged = Step(tuple(rows), tuple(falling), outer.type, outer.from_sign)
    return graph.with_op(node.name, merged).without(first.name)


def _composed(inner: Step, row: int, bound: Bound, falls: bool) -> Bound:
    levels = inner.rows[row]
    passing = [
        count
        for count in range(len(levels) + 1)
        if bound.passed(Exact.of(inner.type.lo + inner.step * count), falls)
    ]
    if len(passing) == len(levels) + 1:
        return ALWAYS
    if not passing:
        return NEVER
    if not falls:
        return levels[passing[0] - 1]
    return _complement(levels[passing[-1]])


def _complement(bound: Bound) -> Bound:
    """Passed, in the turned sense, exactly where ``bound`` is not."""
    if bound.value is None:
        return ALWAYS if bound.strict else NEVER
    return Bound(bound.value, not bound.strict)
