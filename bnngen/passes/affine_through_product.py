"""Affine(m, a) -> Linear(W)            =>   Linear(W) -> Affine(m, W a)
Affine(m, a) -> Convolution(W, pad)   =>   Convolution(W, (pad - a)/m) -> Affine(m, W a)

W(m*x + a) = m*(W x) + W a, for one m. Where each channel has its own, m = g*n with whole numbers n, which
multiply the columns of W; a depthwise product has only one channel in each sum, which may keep its m. A
padded position holds ``pad`` behind the affine, so (pad - a)/m before it; then the sum of a's is the same at
every position.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Convolution, Product
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray, common_unit, exact_array
from bnngen.passes.rewrite import Refusal, pair

MAX_BITS = 8
"""Weights that take more bits with their channels' scales are refused."""


def affine_through_product(graph: Graph, node: Node) -> Graph | Refusal | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Affine, Product)
    if match is None:
        return None
    affine, op = match
    product = node.op
    assert isinstance(product, Product)
    found = _scaled(product, op.mul)
    if found is None:
        return Refusal(
            affine.name,
            "scales each channel by its own factor, and these are no small multiples of one number, so they "
            "can't pass the sum of the next layer's products; quantise with one scale for the whole tensor, "
            "or put a quantiser behind this layer",
        )
    scaled, mul = found
    if isinstance(scaled, Convolution) and scaled.window.padded:
        pads = _pads(op, scaled)
        if pads is None:
            return Refusal(
                node.name,
                "pads a tensor whose channels have different offsets or no scale, so that a padded position "
                "is not one integer; use one scale and one offset for the whole tensor, or no padding",
            )
        scaled = replace(scaled, pad=pads)
    behind = Affine(mul, _weighted(product, op.add))
    return graph.swapped(affine.name, behind, node.name, scaled)


def _scaled(product: Product, mul: ExactArray) -> tuple[Product, ExactArray] | None:
    """The product of channels without their scales, and the scales of the rows; None if there are none."""
    if all(m == mul[0] for m in mul):
        return product, mul[:1]
    if isinstance(product, Convolution) and product.depthwise:
        return product, np.repeat(mul, len(product.weights) // len(mul))
    found = common_unit(list(mul))
    if found is None or max(map(abs, found[0])) > 1 << MAX_BITS:
        return None
    columns = product.weights.shape[1]
    groups = product.groups if isinstance(product, Convolution) else 1
    factors = [np.resize(part, columns) for part in np.split(np.array(found[0]), groups)]
    weights = product.weights * np.repeat(factors, len(product.weights) // groups, axis=0)
    if IntType.of_values(weights).bits > MAX_BITS:
        return None
    return replace(product, weights=weights), exact_array(found[1])


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
