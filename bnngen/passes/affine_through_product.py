"""Affine(m, a) -> Linear(W)            =>   Linear(W) -> Affine(m, W a)
Affine(m, a) -> Convolution(W, pad)   =>   Convolution(W, (pad - a)/m) -> Affine(m, W a)

W(m*x + a) = m*(W x) + W a, for one m: a factor per input channel can't leave the sum, unless each sum has
only one channel (depthwise). A padded position holds ``pad`` behind the affine, so (pad - a)/m before it;
then the sum of a's is the same at every position.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.exact import Exact, ExactArray, exact_array
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import Refusal, pair
from bnngen.quantised import Affine, Convolution, Product


def affine_through_product(graph: Graph, node: Node) -> Graph | Refusal | None:
    match = pair(graph, node, Affine, Product)
    if match is None:
        return None
    affine, op = match
    product = node.op
    assert isinstance(product, Product)
    depthwise = isinstance(product, Convolution) and product.depthwise
    if not depthwise and any(m != op.mul[0] for m in op.mul):
        return Refusal(
            affine.name,
            "scales each channel by its own factor, which can't pass the sum of the next layer's products; "
            "quantise with one scale for the whole tensor, or put a quantiser behind this layer",
        )
    if isinstance(product, Convolution) and product.window.padded:
        pads = _pads(op, product)
        if pads is None:
            return Refusal(
                node.name,
                "pads a tensor whose channels have different offsets or no scale, so that a padded position "
                "is not one integer; use one scale and one offset for the whole tensor, or no padding",
            )
        product = replace(product, pad=pads)
    mul = np.repeat(op.mul, len(product.weights) // len(op.mul)) if depthwise else op.mul[:1]
    behind = Affine(mul, _weighted(product, op.add))
    return graph.swapped(affine.name, behind, node.name, product)


def _pads(affine: Affine, product: Convolution) -> Exact | None:
    """The one number that the affine makes the padding's of; None if there is no such number."""
    if not all(affine.mul):
        return None
    channels = max(len(affine.mul), len(affine.add))
    mul, add = np.resize(affine.mul, channels), np.resize(affine.add, channels)
    pads = (exact_array(product.pad) - add) / mul
    return pads[0] if all(pad == pads[0] for pad in pads) else None


def _weighted(product: Product, add: ExactArray) -> ExactArray:
    """W a, with the sums over equal entries of a taken in integers."""
    if not any(add):
        return add[:1]
    weights = product.weights
    columns = weights.shape[1]
    groups = product.groups if isinstance(product, Convolution) and len(add) > 1 else 1
    if columns * groups % len(add):
        raise ValueError(f"has {columns} columns for {len(add)} channels")
    rows = weights.reshape(groups, -1, columns)
    repeated = [np.resize(part, columns) for part in np.split(add, groups)]
    return np.concatenate([_group_sum(w, a) for w, a in zip(rows, repeated, strict=True)])


def _group_sum(weights: np.ndarray, add: ExactArray) -> ExactArray:
    out = np.empty(len(weights), dtype=object)
    out[:] = Exact()
    for value in set(add):
        columns = np.array([a == value for a in add])
        out = out + np.array([value * int(s) for s in weights[:, columns].sum(axis=1)], dtype=object)
    return out
