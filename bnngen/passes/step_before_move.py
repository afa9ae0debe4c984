"""Concat -> Step(t)     =>   Step(t1), Step(t2) -> Concat
Upsample -> Step(t)   =>   Step(t) -> Upsample

The quantiser meets what makes its numbers, and fewer bits are moved. A Slice keeps its place in front of a
Step: other readers may want the rest of the tensor as it is.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import pair
from bnngen.quantised import Concat, Step, Upsample


def step_before_move(graph: Graph, node: Node) -> Graph | None:
    if match := pair(graph, node, Upsample, Step):
        return graph.swapped(match[0].name, match[1], node.name, node.op)
    match = pair(graph, node, Concat, Step)
    if match is None:
        return None
    concat, step = match[0], node.op
    assert isinstance(step, Step)
    shapes, first, steps = graph.shapes(), 0, list[Node]()
    for number, name in enumerate(concat.inputs):
        last = first + shapes[name][-1]
        steps.append(Node(graph.free_name(f"{node.name}_{number}"), _cut(step, first, last), (name,)))
        first = last
    index = graph.nodes.index(concat)
    fed = replace(concat, inputs=tuple(one.name for one in steps))
    nodes = (*graph.nodes[:index], *steps, fed, *graph.nodes[index + 1 :])
    return replace(graph, nodes=nodes).without(node.name)


def _cut(step: Step, first: int, last: int) -> Step:
    """The step for some of the channels."""
    if len(step.rows) == 1:
        return step
    return replace(step, rows=step.rows[first:last], falling=step.falling[first:last])
