"""x -> {Step(t), Step(t)}   =>   x -> Step(t), read by both readers

Exporters write a quantiser that two layers share once for each of them. At the input it must be one.
"""

from __future__ import annotations

from bnngen.ir.graph import Graph, Node
from bnngen.ir.step import Step


def merge_twins(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at the second one."""
    if not isinstance(node.op, Step):
        return None
    for other in graph.consumers(node.inputs[0]):
        if other is node:
            return None
        if other.op == node.op:
            return graph.with_source(node.name, other.name)
    return None
