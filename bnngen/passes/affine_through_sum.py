"""Affine(m1, a1), Affine(m2, a2) -> Sum(k1, k2)   =>   Sum(n1, n2) -> Affine(g, k1*a1 + k2*a2)

k1*(m1*x1 + a1) + k2*(m2*x2 + a2) = g*(n1*x1 + n2*x2) + k1*a1 + k2*a2, where k1*m1 = g*n1 and k2*m2 = g*n2.
The n are whole numbers without a common factor, the first one above 0; g may differ from channel to channel,
the n may not. They exist if the ratios of the scales are rational, and the same in every channel. An input
without an affine has m = 1 and a = 0.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from bnngen.exact import Exact, ExactArray, exact_array
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import Refusal
from bnngen.quantised import Affine, Sum

ONE, ZERO = exact_array(1), exact_array(0)
MOST = 1 << 16
"""No factor of a sum is larger: the scales then have nothing to do with each other."""


def affine_through_sum(graph: Graph, node: Node) -> Graph | Refusal | None:
    if not isinstance(node.op, Sum):
        return None
    sources = [_affine(graph, name) for name in node.inputs]
    if not any(sources):
        return None
    affines = [s.op if s and isinstance(s.op, Affine) else Affine(ONE, ZERO) for s in sources]
    scales = [a.mul * k for a, k in zip(affines, node.op.factors, strict=True)]
    factors = _common_factors(scales)
    if factors is None:
        return Refusal(
            node.name,
            "adds tensors whose scales have a ratio that is no small fraction, or not the same in every "
            "channel; quantise both sides of the sum with one scale",
        )
    add = sum((a.add * k for a, k in zip(affines, node.op.factors, strict=True)), ZERO)
    behind = Affine(scales[0] * Exact.of(Fraction(1, factors[0])), add)
    return _rebuilt(graph, node, sources, Sum(factors), behind)


def _affine(graph: Graph, name: str) -> Node | None:
    """The Affine that makes the tensor for this sum alone."""
    source = next((n for n in graph.nodes if n.name == name), None)
    if source is None or not isinstance(source.op, Affine) or graph.only_consumer(name) is None:
        return None
    return source


def _common_factors(scales: list[ExactArray]) -> tuple[int, ...] | None:
    channels = max(map(len, scales))
    first, *others = (np.resize(s, channels) for s in scales)
    if not all(first) or not all(all(other) for other in others):
        return None
    ratios = [Fraction(1)]
    for other in others:
        ratio = other / first
        if not ratio[0].is_rational or any(r != ratio[0] for r in ratio):
            return None
        ratios.append(ratio[0].fraction())
    common = math.lcm(*(r.denominator for r in ratios))
    numbers = [int(r * common) for r in ratios]
    divisor = math.gcd(*numbers)
    factors = tuple(n // divisor for n in numbers)
    return factors if max(map(abs, factors)) <= MOST else None


def _rebuilt(graph: Graph, node: Node, sources: list[Node | None], op: Sum, behind: Affine) -> Graph:
    """The sum without its affines, and one affine behind it."""
    for source in sources:
        if source:
            graph = graph.without(source.name)
    node = replace(graph[node.name], op=op)
    affine = Node(graph.free_name(f"{node.name}_scale"), behind, (node.name,))
    nodes: list[Node] = []
    for n in graph.nodes:
        if n.name == node.name:
            nodes += [node, affine]
        else:
            nodes.append(replace(n, inputs=tuple(affine.name if i == node.name else i for i in n.inputs)))
    output = affine.name if graph.output == node.name else graph.output
    return replace(graph, nodes=tuple(nodes), output=output)
