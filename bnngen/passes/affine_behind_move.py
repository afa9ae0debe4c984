"""Affine(m, a) -> Slice, Upsample, Reshape   =>   the same -> Affine(m', a')   (Clip likewise)
Affine(m1, a1), Affine(m2, a2) -> Concat   =>   Concat -> Affine([m1, m2], [a1, a2])

What moves elements keeps their channels' parameters with them. An input without an affine has m = 1, a = 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.graph import Graph, Node, Shape
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.numbers.exact import ExactArray, exact_array
from bnngen.passes.rewrite import affine_for, pair

ONE, ZERO = exact_array(1), exact_array(0)


def affine_behind_move(graph: Graph, node: Node) -> Graph | None:
    """Affine -> Move   =>   Move -> Affine, at the affine ``node``."""
    match = pair(graph, node, Affine | Clip, ChannelSlice | Upsampling | Reshape)
    if match is None:
        return None
    first, op = match
    if isinstance(op, Affine) and isinstance(node.op, ChannelSlice):
        op = Affine(*(_cut(values, node.op) for values in (op.mul, op.add)))
    if isinstance(op, Affine) and isinstance(node.op, Reshape):
        shape = graph.shapes[first.name]
        if not _keeps_parameters(op, node.op, shape):
            return None
        op = Affine(*(_reshaped(values, node.op, shape) for values in (op.mul, op.add)))
    return graph.swapped(first.name, op, node.name, node.op)


def _keeps_parameters(affine: Affine, op: Reshape, shape: Shape) -> bool:
    """Whether each element's parameters are those of its channel behind the Reshape too."""
    single = len(affine.mul) == len(affine.add) == 1
    return single or op.keeps_channels(shape) or len(op.shape) == 1


def _reshaped(values: ExactArray, op: Reshape, shape: Shape) -> ExactArray:
    """The parameters of the channels behind a Reshape: of a flattened map, one for each of its elements."""
    if len(values) == 1 or op.keeps_channels(shape):
        return values
    return np.repeat(values, math.prod(shape[:-1]))


def _cut(values: ExactArray, op: ChannelSlice) -> ExactArray:
    return values if len(values) == 1 else values[op.first : op.last]


def affine_behind_concat(graph: Graph, node: Node) -> Graph | None:
    """Affines -> Concat   =>   Concat -> Affine."""
    if not isinstance(node.op, Concatenation):
        return None
    sources = [affine_for(graph, name) for name in node.inputs]
    if not any(sources):
        return None
    shapes = graph.shapes
    sizes = [shapes[name][-1] for name in node.inputs]
    affines = [s.op if s and isinstance(s.op, Affine) else Affine(ONE, ZERO) for s in sources]
    mul, add = (_joined(values, sizes) for values in ([a.mul for a in affines], [a.add for a in affines]))
    for name in {source.name for source in sources if source}:
        graph = graph.without(name)
    behind = Node(graph.free_name(f"{node.name}_scale"), Affine(mul, add), (node.name,))
    return graph.followed(node.name, behind)


def _joined(values: Sequence[ExactArray], sizes: Sequence[int]) -> ExactArray:
    """The parameters of joined tensors with so many channels each; one number where all are equal."""
    each = np.concatenate([np.resize(v, channels) for v, channels in zip(values, sizes, strict=True)])
    return each[:1] if all(v == each[0] for v in each) else each
