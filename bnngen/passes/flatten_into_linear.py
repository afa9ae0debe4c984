"""Flatten -> Affine or Step   =>   the same before the Flatten   (one parameter for all features)
Flatten, Flatten -> Concat   =>   Concat -> Flatten   (maps of one size)
Flatten -> Linear(W)        =>   Linear(W P)

A file flattens (C, H, W) with the channels slowest; a stream carries (H, W, C). Where the flattened tensor
meets the weights, their columns take the stream's order, once and for all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import Refusal, pair
from bnngen.quantised import Affine, Concat, Flatten, Linear, Step


def flatten_behind_elementwise(graph: Graph, node: Node) -> Graph | Refusal | None:
    match = pair(graph, node, Flatten, Affine) or pair(graph, node, Flatten, Step)
    if match is None:
        return None
    op = node.op
    parameters = len(op.rows) if isinstance(op, Step) else max(len(op.mul), len(op.add))  # type: ignore[attr-defined]
    if parameters > 1:
        return Refusal(
            node.name,
            f"has {parameters} parameters, one for each flattened feature, in front of the first layer; "
            "accepted is one for all features",
        )
    return graph.swapped(match[0].name, match[1], node.name, op)


def flatten_behind_concat(graph: Graph, node: Node) -> Graph | Refusal | None:
    if not isinstance(node.op, Concat):
        return None
    makers = {n.name: n for n in graph.nodes if n.name in node.inputs and isinstance(n.op, Flatten)}
    if not makers:
        return None
    shapes = graph.shapes()
    maps = {shapes[makers[name].inputs[0]][:-1] if name in makers else shapes[name] for name in node.inputs}
    if len(makers) < len(set(node.inputs)) or len(maps) > 1:
        return Refusal(
            node.name,
            "joins vectors that were maps of different sizes; accepted are flattened maps of one size, or "
            "tensors without a Flatten",
        )
    maps_in = tuple(makers[name].inputs[0] for name in node.inputs)
    graph = graph.followed(node.name, Node(graph.free_name(f"{node.name}_flat"), Flatten(), (node.name,)))
    joined = replace(graph[node.name], inputs=maps_in)
    nodes = tuple(joined if n.name == node.name else n for n in graph.nodes)
    return replace(graph, nodes=nodes).pruned()


def flatten_into_linear(graph: Graph, node: Node) -> Graph | None:
    match = pair(graph, node, Flatten, Linear)
    if match is None:
        return None
    flatten = match[0]
    linear = node.op
    assert isinstance(linear, Linear)
    order = Flatten.permutation(graph.shapes()[flatten.inputs[0]])
    weights = np.empty_like(linear.weights)
    weights[:, order] = linear.weights
    return graph.with_op(node.name, Linear(weights)).without(flatten.name)
