"""Linear(W) -> Affine(m, a) -> ArgMax   =>   Linear(n W) -> ArgMax(x * 2**k + b)   (Convolution likewise)

With m = g*n, g > 0, whole numbers n and integers x = n W v, the class is that of the greatest x_c + r_c,
where r_c = a_c/g: that of the greatest pair (x_c + floor(r_c), r_c - floor(r_c)). So the fractions need no
value, only their ranks: x_c * 2**k + floor(r_c) * 2**k + rank_c has the same order, and the same ties, if
2**k ranks exist.

It holds for integers x alone, so it is done once, behind all other rewrites.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Product
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, common_unit
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.affine_through_product import MAX_BITS
from bnngen.passes.rewrite import pair

MOST_OFFSET = 1 << 48
"""No offset of a class is larger: next to it the integers would decide nothing."""


def scores_in_order(graph: Graph) -> Graph:
    """The rewrite above, wherever it matches. Raises ModelError where the scores of classes have no common
    unit."""
    for node in graph.nodes:
        match = pair(graph, node, Affine, ClassIndex)
        if match is not None:
            graph = _in_order(graph, node, *match)
    return graph


def _in_order(graph: Graph, node: Node, affine: Node, op: Affine) -> Graph:
    head = node.op
    assert isinstance(head, ClassIndex)
    comparison = Comparison.of(op, head.elements)
    if comparison is None:
        raise ModelError(affine.name, UNCOMPARABLE)
    if any(n != 1 for n in comparison.factors):
        match = pair(graph, affine, Product, Affine)
        weights = None if match is None else comparison.weights(match[1].weights)
        if match is None or weights is None:
            raise ModelError(affine.name, UNCOMPARABLE)
        graph = graph.with_op(match[0].name, replace(match[1], weights=weights))
    if max(map(abs, comparison.offsets), default=0) > MOST_OFFSET:
        greatest = max(map(abs, comparison.offsets))
        raise ModelError(
            affine.name, f"gives classes offsets of up to {greatest:.1e} integers in front of an argmax"
        )
    argmax = replace(head, shift=comparison.shift, offsets=comparison.offsets)
    return graph.with_op(node.name, argmax).without(affine.name)


@dataclass(frozen=True)
class Comparison:
    """The classes' integers x are ordered as ``factors`` * x * 2**``shift`` + ``offsets``; no offsets are
    equal ones."""

    factors: tuple[int, ...]
    shift: int
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, affine: Affine, classes: int) -> Comparison | None:
        """That of the scores that ``affine`` makes of the integers; None if their scales have no common
        unit."""
        mul, add = np.resize(affine.mul, classes), np.resize(affine.add, classes)
        numbers, unit = [1] * classes, mul[0]
        if unit.sign() <= 0 or any(m != unit for m in mul):
            found = common_unit(list(mul))
            if found is None or not found[1]:
                return None
            numbers, unit = found
            if unit.sign() < 0:
                numbers, unit = [-n for n in numbers], -unit
        shift, offsets = ranked([a / unit for a in add])
        if len(set(offsets)) == 1:
            shift, offsets = 0, []
        return cls(tuple(numbers), shift, tuple(offsets))

    def weights(self, weights: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Those of a product with the factors in them; None if they are too large."""
        if max(map(abs, self.factors)) > 1 << MAX_BITS:
            return None
        scaled = weights * np.resize(self.factors, len(weights))[:, None]
        return scaled if IntType.of_values(scaled).bits <= MAX_BITS else None


UNCOMPARABLE = (
    "gives each class its own scale in front of an argmax, and these are no small multiples of one "
    "number, so "
    "that integers can't compare them; use one scale for all classes, or build with the scores as output"
)


def ranked(values: list[Exact]) -> tuple[int, list[int]]:
    """A k and whole numbers b: for any integers x, x * 2**k + b is ordered as x + value is."""
    floors = [math.floor(value) for value in values]
    fractions = [value - floor for value, floor in zip(values, floors, strict=True)]
    ranks = {fraction: rank for rank, fraction in enumerate(sorted(set(fractions)))}
    shift = (len(ranks) - 1).bit_length()
    return shift, [
        (floor << shift) + ranks[fraction] for floor, fraction in zip(floors, fractions, strict=True)
    ]
