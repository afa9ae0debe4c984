"""Affine(m, a) -> Step(t)   =>   Step((t - a)/m)

m*x + a >= t is x >= (t - a)/m for m > 0, x <= (t - a)/m for m < 0 (the row falls), and a >= t for m = 0
(always passed, or never).
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import ALWAYS, NEVER, Bound, Row, Step
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def affine_into_step(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Affine, Step)
    if match is None:
        return None
    affine, op = match
    step = node.op
    assert isinstance(step, Step)
    channels = max(len(op.mul), len(op.add), len(step.rows))
    rows, falling = [], []
    for c in range(channels):
        m, a = op.mul[c % len(op.mul)], op.add[c % len(op.add)]
        falls = step.falling[c % len(step.falling)]
        rows.append(_row(step.rows[c % len(step.rows)], m, a, falls))
        falling.append(falls != (m.sign() < 0))
    pulled = replace(step, rows=tuple(rows), falling=tuple(falling))
    return graph.with_op(node.name, pulled).without(affine.name)


def _row(row: Row, m: Exact, a: Exact, falls: bool) -> Row:
    if isinstance(row, Ladder):
        return row.behind(m, a)
    return tuple(_pulled_back(bound, m, a, falls) for bound in row)


def _pulled_back(bound: Bound, m: Exact, a: Exact, falls: bool) -> Bound:
    if bound.value is None:
        return bound
    if not m:
        return ALWAYS if bound.passed(a, falls) else NEVER
    return Bound((bound.value - a) / m, bound.strict)
