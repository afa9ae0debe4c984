"""Flatten -> Affine or Step   =>   the same before the Flatten   (one parameter for all features)
Flatten -> Linear(W)        =>   Linear(W P)

A file flattens (C, H, W) with the channels slowest; a stream carries (H, W, C). Where the flattened tensor
meets the weights, their columns take the stream's order, once and for all.
"""

from __future__ import annotations

import numpy as np

from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import Refusal, pair
from bnngen.quantised import Affine, Flatten, Linear, Step


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
