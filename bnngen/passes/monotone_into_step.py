"""f -> Step(t)   =>   Step(t')      (f: Clip, LeakyRelu, Tanh and whatever else never falls)

Where f rises, f(x) >= t holds from one x on, so the comparison is one with that x. A Clip never leaves
[low, high]: a threshold that its highest result does not pass is never passed, one that its lowest passes
always is, and in between x decides as before. In a falling row the ends change places.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.elementwise import Clip
from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.monotone import Monotone
from bnngen.ir.step import Row, Step
from bnngen.passes.rewrite import pair


def monotone_into_step(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Monotone, Step)
    if match is None:
        return None
    producer, function = match
    step = node.op
    assert isinstance(step, Step)
    channels = max(function.channels, len(step.rows))
    rows, falling = [], []
    for channel in range(channels):
        row, falls = step.rows[channel % len(step.rows)], step.falling[channel % len(step.falling)]
        rows.append(_row(row, function, falls, channel))
        falling.append(falls)
    pulled = replace(step, rows=tuple(rows), falling=tuple(falling))
    return graph.with_op(node.name, pulled).without(producer.name)


def _row(row: Row, function: Monotone, falls: bool, channel: int = 0) -> Row:
    if isinstance(row, Ladder) and isinstance(function, Clip):
        least, most = (function.high, function.low) if falls else (function.low, function.high)
        always = 0 if least is None else row.passed(least)
        return row.limited(always, len(row) if most is None else row.passed(most))
    return tuple(function.pulled_back(bound, falls, channel) for bound in row)
