"""Affine(m1, a1), Affine(m2, a2) -> Sum(k1, k2)   =>   Sum(n1, n2) -> Affine(g, k1*a1 + k2*a2)

k1*(m1*x1 + a1) + k2*(m2*x2 + a2) = g*(n1*x1 + n2*x2) + k1*a1 + k2*a2, where k1*m1 = g*n1 and k2*m2 = g*n2.
The n are whole numbers without a common factor; they and g may differ from channel to channel. They exist if
the ratios of the scales are rational. An input without an affine has m = 1 and a = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnngen.ir.elementwise import Affine
from bnngen.ir.factor import Factor
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Sum
from bnngen.numbers.exact import ExactArray, common_unit, exact_array
from bnngen.passes.rewrite import Refusal, affine_for

ONE, ZERO = exact_array(1), exact_array(0)
MOST_BITS = 40
"""Of a factor of a sum: any two numbers in single precision of about one size have a ratio of fewer."""


def affine_through_sum(graph: Graph, node: Node) -> Graph | Refusal | None:
    """The rewrite above, at ``node``."""
    if not isinstance(node.op, Sum):
        return None
    sources = [affine_for(graph, name) for name in node.inputs]
    if not any(sources):
        return None
    affines = [s.op if s and isinstance(s.op, Affine) else Affine(ONE, ZERO) for s in sources]
    scales = [a.mul * _exact(k) for a, k in zip(affines, node.op.factors, strict=True)]
    found = _common_factors(scales)
    if found is None:
        return Refusal(
            node.name,
            f"adds tensors whose scales have the ratio {_ratio(scales)}, which is no fraction of whole "
            f"numbers of at most {MOST_BITS} bits; quantise both sides of the sum with one scale",
        )
    factors, common = found
    add = sum((a.add * _exact(k) for a, k in zip(affines, node.op.factors, strict=True)), ZERO)
    for name in {source.name for source in sources if source}:
        graph = graph.without(name)
    behind = Node(graph.free_name(f"{node.name}_scale"), Affine(common, add), (node.name,))
    return graph.with_op(node.name, Sum(factors)).followed(node.name, behind)


def _exact(factor: Factor) -> ExactArray:
    return exact_array(np.atleast_1d(np.array(factor, np.int64)))


def _common_factors(scales: Sequence[ExactArray]) -> tuple[tuple[Factor, ...], ExactArray] | None:
    """The n of each input, and g."""
    channels = zip(*(np.resize(s, max(map(len, scales))) for s in scales), strict=True)
    found = [common_unit(channel) for channel in channels]
    known = [(n, g) for n, g in filter(None, found) if max(map(abs, n)).bit_length() <= MOST_BITS]
    if len(known) < len(found):
        return None
    numbers = [_shrunk(column) for column in zip(*(n for n, _ in known), strict=True)]
    return tuple(numbers), exact_array([g for _, g in known])


def _ratio(scales: Sequence[ExactArray]) -> str:
    """That of the first channel for which there are no factors."""
    channels = [list(c) for c in zip(*(np.resize(s, max(map(len, scales))) for s in scales), strict=True)]
    first = next(c for c in channels if _common_factors([exact_array(s) for s in c]) is None)
    nonzero = [float(s) for s in first if s]
    return f"{nonzero[1] / nonzero[0]:.9g}"


def _shrunk(numbers: tuple[int, ...]) -> Factor:
    """One number where all channels have the same."""
    return numbers[0] if len(set(numbers)) == 1 else numbers
