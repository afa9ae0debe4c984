"""Affine(m, a) -> Affine(n, b)   =>   Affine(n*m, n*a + b)

n*(m*x + a) + b = (n*m)*x + (n*a + b).
"""

from __future__ import annotations

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.passes.rewrite import pair


def merge_affines(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    match = pair(graph, node, Affine, Affine)
    if match is None:
        return None
    first, inner = match
    outer = node.op
    assert isinstance(outer, Affine)
    merged = Affine(outer.mul * inner.mul, outer.mul * inner.add + outer.add)
    return graph.with_op(node.name, merged).without(first.name)
