"""Relu -> Step(t)   =>   Step(t')

max(x, 0) >= t is x >= t for t > 0, and always true for t <= 0. In a falling row max(x, 0) <= t is x <= t
for t >= 0, and never true for t < 0.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.exact import Exact
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import pair
from bnngen.quantised import ALWAYS, NEVER, Bound, Relu, Step

ZERO = Exact()


def relu_into_step(graph: Graph, node: Node) -> Graph | None:
    match = pair(graph, node, Relu, Step)
    if match is None:
        return None
    step = node.op
    assert isinstance(step, Step)
    rows = tuple(
        tuple(_pulled_back(bound, falls) for bound in row)
        for row, falls in zip(step.rows, step.falling, strict=True)
    )
    return graph.with_op(node.name, replace(step, rows=rows)).without(match[0].name)


def _pulled_back(bound: Bound, falls: bool) -> Bound:
    """Relu makes 0 of everything below 0: what 0 decides there, it decides for all of them."""
    if bound.value is None:
        return bound
    if bound.passed(ZERO, falls) and not falls:
        return ALWAYS
    if falls and not bound.passed(ZERO, falls):
        return NEVER
    return bound
