"""Concat -> Step(t)     =>   Step(t1), Step(t2) -> Concat
Upsample -> Step(t)   =>   Step(t) -> Upsample
Reshape -> Step(t)    =>   Step(t) -> Reshape    (rows that depend on the channels of its input alone)
Reshape -> Crop -> Step(t)   =>   Reshape -> Step(t) -> Crop   (behind a product, perhaps with an affine)

The quantiser meets what makes its numbers, and fewer bits are moved. A Slice keeps its place in front of a
Step: other readers may want the rest of the tensor as it is. A Crop is a depthwise convolution of which each
output is one element of its channel; the phases of a transposed convolution in front of it may have offsets
of their own, which can't pass the Reshape.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, Shape
from bnngen.ir.layers import Convolution, Product
from bnngen.ir.moves import Concatenation, Reshape, Upsampling
from bnngen.ir.step import Row, Step
from bnngen.passes.clip_behind_step import awaits_clip
from bnngen.passes.rewrite import Refusal, pair


def step_before_move(graph: Graph, node: Node) -> Graph | Refusal | None:
    """The rewrite above, at ``node``."""
    if match := pair(graph, node, Upsampling, Step):
        return graph.swapped(match[0].name, match[1], node.name, node.op)
    if (match := pair(graph, node, Convolution, Step)) and _crops_sums(graph, *match):
        return graph.swapped(match[0].name, match[1], node.name, node.op)
    if match := pair(graph, node, Reshape, Step):
        return _before_reshape(graph, node, *match)
    match = pair(graph, node, Concatenation, Step)
    if match is None or awaits_clip(graph, node):
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


def _crops_sums(graph: Graph, node: Node, op: Convolution) -> bool:
    """Whether each output of a convolution is one element of the channel of its number, and these are a
    product's that have changed their places."""
    taps = op.weights != 0
    one_each = bool((taps.sum(axis=1) == 1).all()) and bool((op.weights[taps] == 1).all())
    if op.window.padded or not op.depthwise or len(op.weights) != op.channels or not one_each:
        return False
    if (match := pair(graph, node, Reshape, Convolution)) is None:
        return False
    before = next((n for n in graph.upstream(match[0]) if not isinstance(n.op, Affine)), None)
    return before is not None and isinstance(before.op, Product)


def _before_reshape(graph: Graph, node: Node, reshape: Node, op: Reshape) -> Graph | Refusal:
    step = node.op
    assert isinstance(step, Step)
    if len(step.rows) > 1:
        moved = _of_sources(step, op, graph.shapes[reshape.inputs[0]])
        if moved is None:
            return Refusal(
                node.name,
                f"has {len(step.rows)} parameters, one for each flattened feature, in front of the first "
                "layer; "
                "accepted is one for all features",
            )
        step = moved
    return graph.swapped(reshape.name, op, node.name, step)


def _of_sources(step: Step, op: Reshape, shape: Shape) -> Step | None:
    """The step for the channels of an input of ``shape``; None where one goes to channels with different
    rows."""
    sources = op.sources(shape)
    channels = sources.shape[1]
    rows: dict[int, tuple[Row, bool]] = {}
    for pair_ in np.unique(sources * channels + np.arange(channels)).tolist():
        source, channel = divmod(pair_, channels)
        row = step.rows[channel], step.falling[channel]
        if rows.setdefault(source, row) != row:
            return None
    ordered = [rows[source] for source in sorted(rows)]
    return replace(step, rows=tuple(row for row, _ in ordered), falling=tuple(falls for _, falls in ordered))


def _cut(step: Step, first: int, last: int) -> Step:
    """The step for some of the channels."""
    if len(step.rows) == 1:
        return step
    return replace(step, rows=step.rows[first:last], falling=step.falling[first:last])
