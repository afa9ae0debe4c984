"""Affine(m, a) -> Slice, Upsample, Reshape   =>   the same -> Affine(m', a')   (Clip and the like)
Affine(m1, a1), Affine(m2, a2) -> Concat   =>   Concat -> Affine([m1, m2], [a1, a2])

What moves elements keeps their channels' parameters with them. An input without an affine has m = 1, a = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, Op, Shape
from bnngen.ir.monotone import Leaky, Monotone
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact, ExactArray, exact_array
from bnngen.passes.rewrite import affine_for, pair

ONE, ZERO = exact_array(1), exact_array(0)


def affine_behind_move(graph: Graph, node: Node) -> Graph | None:
    """Affine -> Move   =>   Move -> Affine, at the affine ``node``."""
    match = pair(graph, node, Affine | Monotone | Rounding, ChannelSlice | Upsampling | Reshape)
    if match is None:
        return None
    first, op = match
    shape = graph.shapes[first.name]
    flattened = isinstance(node.op, Reshape) and not node.op.keeps_channels(shape)
    if flattened and _channels(op) > 1 and _meets_step(graph, node):
        return None  # the quantiser comes here, where one row a channel is enough
    moved = _moved(op, node.op, shape)
    return None if moved is None else graph.swapped(first.name, moved, node.name, node.op)


def _moved(op: Op, move: Op, shape: Shape) -> Op | None:
    """The operator with the parameters of the channels behind the move; None if some channel has elements of
    different ones."""

    def each(values: ExactArray) -> ExactArray | None:
        if isinstance(move, ChannelSlice):
            return _cut(values, move)
        return _reshaped(values, move, shape) if isinstance(move, Reshape) else values

    if isinstance(op, Affine):
        mul, add = each(op.mul), each(op.add)
        return None if mul is None or add is None else Affine(mul, add)
    if not isinstance(op, Leaky):
        return op
    slopes = each(exact_array(op.slopes))
    return None if slopes is None else Leaky(tuple(slopes))


def _meets_step(graph: Graph, node: Node) -> bool:
    """Whether only functions that are the same for all channels stand between a node and a quantiser."""
    for behind in graph.downstream(node):
        if isinstance(behind.op, Step):
            return len(behind.op.rows) == 1
        if not isinstance(behind.op, Affine | Monotone | Rounding) or _channels(behind.op) > 1:
            return False
    return False


def _channels(op: Op) -> int:
    """How many parameters an elementwise operator has."""
    if isinstance(op, Affine):
        return max(len(op.mul), len(op.add))
    return op.channels if isinstance(op, Monotone) else 1


def _reshaped(values: ExactArray, op: Reshape, shape: Shape) -> ExactArray | None:
    """The parameters of the channels behind a Reshape; None if some channel has elements of different
    ones."""
    if len(values) == 1:
        return values
    sources, numbers = op.sources(shape), dict[Exact, int]()
    kinds = np.array([numbers.setdefault(value, len(numbers)) for value in values])[sources]
    if not (kinds == kinds[0]).all():
        return None
    result: ExactArray = values[sources[0]]
    return result


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
