"""A refused function whose result is needed   =>   why it is refused

Functions whose results cancel out, such as the polynomials of a straight-through estimator, are gone by then.
"""

from __future__ import annotations

from bnngen.ir.graph import Graph, Node
from bnngen.ir.refused import Refused
from bnngen.passes.rewrite import Refusal


def refused(graph: Graph, node: Node) -> Refusal | None:
    """The rewrite above, at ``node``."""
    if not isinstance(node.op, Refused):
        return None
    return Refusal(node.name, f"{node.op.known_as} {node.op.reason}")
