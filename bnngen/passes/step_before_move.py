"""Concat -> Step(t)     =>   Step(t1), Step(t2) -> Concat
Upsample -> Step(t)   =>   Step(t) -> Upsample
Reshape -> Step(t)    =>   Step(t) -> Reshape    (one row for all elements, or the same channels)

The quantiser meets what makes its numbers, and fewer bits are moved. A Slice keeps its place in front of a
Step: other readers may want the rest of the tensor as it is.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.graph import Graph, Node
from bnngen.ir.moves import Concatenation, Reshape, Upsampling
from bnngen.ir.step import Step
from bnngen.passes.rewrite import Refusal, pair


def step_before_move(graph: Graph, node: Node) -> Graph | Refusal | None:
    """The rewrite above, at ``node``."""
    if match := pair(graph, node, Upsampling, Step):
        return graph.swapped(match[0].name, match[1], node.name, node.op)
    if match := pair(graph, node, Reshape, Step):
        return _before_reshape(graph, node, *match)
    match = pair(graph, node, Concatenation, Step)
    if match is None:
        return None
    concat, step = match[0], node.op
    assert isinstance(step, Step)
    shapes, first, steps = graph.shapes, 0, list[Node]()
    for number, name in enumerate(concat.inputs):
        last = first + shapes[name][-1]
        steps.append(Node(graph.free_name(f"{node.name}_{number}"), _cut(step, first, last), (name,)))
        first = last
    fed = replace(concat, inputs=tuple(one.name for one in steps))
    return graph.replaced({concat.name: [*steps, fed]}).without(node.name)


def _before_reshape(graph: Graph, node: Node, reshape: Node, op: Reshape) -> Graph | Refusal:
    step = node.op
    assert isinstance(step, Step)
    if len(step.rows) > 1 and not op.keeps_channels(graph.shapes[reshape.inputs[0]]):
        return Refusal(
            node.name,
            f"has {len(step.rows)} parameters, one for each flattened feature, in front of the first layer; "
            "accepted is one for all features",
        )
    return graph.swapped(reshape.name, op, node.name, step)


def _cut(step: Step, first: int, last: int) -> Step:
    """The step for some of the channels."""
    if len(step.rows) == 1:
        return step
    return replace(step, rows=step.rows[first:last], falling=step.falling[first:last])
