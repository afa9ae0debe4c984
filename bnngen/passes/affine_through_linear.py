"""Affine(m, a) -> Linear(W)   =>   Linear(W) -> Affine(m, W a)

W(m*x + a) = m*(W x) + W a, for one m: a factor per input channel can't leave the sum.
"""

from __future__ import annotations

import numpy as np

from bnngen.exact import Exact, ExactArray
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import Refusal, pair
from bnngen.quantised import Affine, Linear


def affine_through_linear(graph: Graph, node: Node) -> Graph | Refusal | None:
    match = pair(graph, node, Affine, Linear)
    if match is None:
        return None
    affine, op = match
    if any(m != op.mul[0] for m in op.mul):
        return Refusal(
            affine.name,
            "scales each channel by its own factor, which can't pass the sum of the next layer's products; "
            "quantise with one scale for the whole tensor, or put a quantiser behind this layer",
        )
    linear = node.op
    assert isinstance(linear, Linear)
    behind = Affine(op.mul[:1], _weighted(linear.weights, op.add))
    return graph.swapped(affine.name, behind, node.name, linear)


def _weighted(weights: np.ndarray, add: ExactArray) -> ExactArray:
    """W a, with the sums over equal entries of a taken in integers."""
    if not any(add):
        return add[:1]
    features = weights.shape[1]
    repeated = np.resize(add, features) if features % len(add) == 0 else add
    out = np.empty(len(weights), dtype=object)
    out[:] = Exact()
    for value in set(repeated):
        columns = np.array([a == value for a in repeated])
        out = out + np.array([value * int(s) for s in weights[:, columns].sum(axis=1)], dtype=object)
    return out
