"""Clip(low, high) -> Step(t)   =>   Step(t')

A Clip never leaves [low, high]: a threshold that its highest result does not pass is never passed, one that
its lowest passes always is, and in between x decides as before. In a falling row the ends change places.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.elementwise import Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import ALWAYS, NEVER, Bound, Row, Step
from bnngen.numbers.exact import Exact
from bnngen.passes.rewrite import pair


def clip_into_step(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Clip, Step)
    if match is None:
        return None
    producer, clip = match
    step = node.op
    assert isinstance(step, Step)
    rows = tuple(_row(row, clip, falls) for row, falls in zip(step.rows, step.falling, strict=True))
    return graph.with_op(node.name, replace(step, rows=rows)).without(producer.name)


def _row(row: Row, clip: Clip, falls: bool) -> Row:
    least, most = (clip.high, clip.low) if falls else (clip.low, clip.high)
    if isinstance(row, Ladder):
        always = 0 if least is None else row.passed(least)
        return row.limited(always, len(row) if most is None else row.passed(most))
    return tuple(_pulled_back(bound, least, most, falls) for bound in row)


def _pulled_back(bound: Bound, least: Exact | None, most: Exact | None, falls: bool) -> Bound:
    if bound.value is None:
        return bound
    if least is not None and bound.passed(least, falls):
        return ALWAYS
    if most is not None and not bound.passed(most, falls):
        return NEVER
    return bound
