"""Reshape -> Reshape           =>   Reshape
Reshape to the same shape    =>   nothing
Reshape, Reshape -> Concat   =>   Concat -> Reshape   (flattened maps of one size)
Reshape -> Linear(W)         =>   Linear(W P)
Reshape -> ArgMax            =>   ArgMax              (where the order stays)
input -> Affine, Clip, Step ... -> Reshape   =>   reshaped input -> the same   (where the order changes)

A file keeps (C, H, W) with the channels slowest; a stream carries (H, W, C). Where a flattened tensor meets
weights, their columns take the stream's order, once and for all; in front of the network it is the host that
orders the elements.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, channels_first, channels_last
from bnngen.ir.layers import Linear
from bnngen.ir.monotone import Monotone
from bnngen.ir.moves import Concatenation, Reshape
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Step
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.rewrite import Refusal, pair


def merge_reshapes(graph: Graph, node: Node) -> Graph | None:
    """Reshape -> Reshape   =>   Reshape."""
    if not isinstance(node.op, Reshape):
        return None
    if graph.shapes[node.inputs[0]] == graph.shapes[node.name] and not node.op.transpositions:
        return graph.without(node.name)
    match = pair(graph, node, Reshape, Reshape)
    if match is None:
        return None
    both = replace(node.op, transpositions=(*match[1].transpositions, *node.op.transpositions))
    stays = both.file_order is not None and bool((np.diff(both.file_order) == 1).all())
    return graph.with_op(node.name, Reshape(both.shape) if stays else both).without(match[0].name)


def flatten_behind_concat(graph: Graph, node: Node) -> Graph | Refusal | None:
    """Reshapes -> Concat   =>   Concat -> Reshape."""
    if not isinstance(node.op, Concatenation):
        return None
    shapes = graph.shapes
    if not any(_reordering(graph, name) for name in node.inputs):
        return None
    makers = {name: maker for name in node.inputs if (maker := graph.maker(name)) and _reshapes(maker)}
    if any(maker.op.transpositions for maker in makers.values() if isinstance(maker.op, Reshape)):
        return Refusal(node.name, "joins tensors whose axes were transposed; transpose behind it instead")
    maps = {shapes[makers[name].inputs[0]][:-1] if name in makers else shapes[name] for name in node.inputs}
    if len(makers) < len(set(node.inputs)) or len(maps) > 1 or len(shapes[node.name]) > 1:
        return Refusal(
            node.name,
            "joins vectors that were maps of different sizes; accepted are flattened maps of one size, or "
            "tensors without a Flatten",
        )
    maps_in = tuple(makers[name].inputs[0] for name in node.inputs)
    flat = Node(graph.free_name(f"{node.name}_flat"), Reshape(shapes[node.name]), (node.name,))
    joined = replace(node, inputs=maps_in)
    return graph.replaced({node.name: [joined]}).followed(node.name, flat).pruned()


def _reshapes(node: Node) -> bool:
    return isinstance(node.op, Reshape)


def _reordering(graph: Graph, name: str) -> Node | None:
    """The Reshape that makes the tensor ``name`` in another order than it has before."""
    maker = graph.maker(name)
    if maker is None or not isinstance(maker.op, Reshape):
        return None
    return None if maker.op.keeps_order(graph.shapes[maker.inputs[0]]) else maker


def flatten_into_linear(graph: Graph, node: Node) -> Graph | None:
    """Reshape -> Linear   =>   Linear, with its weights in another order."""
    match = pair(graph, node, Reshape, Linear)
    if match is None:
        return None
    reshape, op = match
    linear = node.op
    assert isinstance(linear, Linear)
    order = op.permutation(graph.shapes[reshape.inputs[0]])
    weights = np.empty_like(linear.weights)
    weights[:, order] = linear.weights
    return graph.with_op(node.name, Linear(weights)).without(reshape.name)


def reshape_into_argmax(graph: Graph, node: Node) -> Graph | None:
    """Reshape -> ArgMax   =>   ArgMax."""
    match = pair(graph, node, Reshape, ClassIndex)
    if match is None or not match[1].keeps_order(graph.shapes[match[0].inputs[0]]):
        return None
    return graph.without(match[0].name)


def reshape_of_input(graph: Graph, node: Node) -> Graph | None:
    """A Reshape of the input   =>   frames of another shape."""
    reshape = node.op
    if not isinstance(reshape, Reshape) or _reordering(graph, node.name) is None:
        return None
    reader, goes_on = graph.only_consumer(node.name), Affine | Monotone | Rounding | Step
    if reader is None or isinstance(reader.op, Linear | Concatenation | Reshape | goes_on):
        return None
    before, shape = [node, *graph.upstream(node)], graph.shapes[node.inputs[0]]
    for behind, first in pairwise(before):
        elementwise = isinstance(first.op, goes_on)
        kept = elementwise and (_parameters(first) == 1 or reshape.keeps_channels(shape))
        if not kept or graph.only_consumer(first.name) is not behind:
            return None
    if len(graph.consumers(graph.input_name)) > 1:
        return None
    file_shape = graph.file_shape or channels_first(graph.input_shape)
    moved = (*graph.transpositions, *reshape.transpositions)
    return graph.without(node.name).with_input(channels_last(reshape.shape), file_shape, moved)


def _parameters(node: Node) -> int:
    """How many parameters an elementwise operator has; another one has too many."""
    if isinstance(node.op, Affine):
        return max(len(node.op.mul), len(node.op.add))
    if isinstance(node.op, Step):
        return len(node.op.rows)
    if isinstance(node.op, Monotone):
        return node.op.channels
    return 1 if isinstance(node.op, Rounding) else 1 << 62
