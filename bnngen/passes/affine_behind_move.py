"""Affine(m, a) -> Slice or Upsample          =>   Slice or Upsample -> Affine(m', a')   (Relu likewise)
Affine(m1, a1), Affine(m2, a2) -> Concat   =>   Concat -> Affine([m1, m2], [a1, a2])

What moves elements keeps their channels' parameters with them. An input without an affine has m = 1, a = 0.
"""

from __future__ import annotations

import numpy as np

from bnngen.exact import ExactArray, exact_array
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import pair
from bnngen.quantised import Affine, Concat, Relu, Slice, Upsample

ONE, ZERO = exact_array(1), exact_array(0)


def affine_behind_move(graph: Graph, node: Node) -> Graph | None:
    match = pair(graph, node, Affine | Relu, Slice | Upsample)
    if match is None:
        return None
    first, op = match
    if isinstance(op, Affine) and isinstance(node.op, Slice):
        op = Affine(*(_cut(values, node.op) for values in (op.mul, op.add)))
    return graph.swapped(first.name, op, node.name, node.op)


def _cut(values: ExactArray, op: Slice) -> ExactArray:
    return values if len(values) == 1 else values[op.first : op.last]


def affine_behind_concat(graph: Graph, node: Node) -> Graph | None:
    if not isinstance(node.op, Concat):
        return None
    sources = {name: _affine(graph, name) for name in node.inputs}
    if not any(sources.values()):
        return None
    shapes = graph.shapes()
    affines = [(sources[name] or Affine(ONE, ZERO), shapes[name][-1]) for name in node.inputs]
    mul, add = (
        _shrunk(np.concatenate([np.resize(values, channels) for values, channels in parameters]))
        for parameters in (
            [(affine.mul, channels) for affine, channels in affines],
            [(affine.add, channels) for affine, channels in affines],
        )
    )
    for name, affine in sources.items():
        if affine:
            graph = graph.without(name)
    return graph.followed(
        node.name, Node(graph.free_name(f"{node.name}_scale"), Affine(mul, add), (node.name,))
    )


def _affine(graph: Graph, name: str) -> Affine | None:
    """The Affine that makes the tensor for this reader alone."""
    maker = next((n for n in graph.nodes if n.name == name), None)
    if maker is None or not isinstance(maker.op, Affine) or graph.only_consumer(name) is None:
        return None
    return maker.op


def _shrunk(values: ExactArray) -> ExactArray:
    """One number where all are equal."""
    return values[:1] if all(v == values[0] for v in values) else values
