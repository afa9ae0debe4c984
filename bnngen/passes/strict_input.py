"""input -> Step{-1, +1}(x > t)   =>   input -> Step{0, 1}(x > t) -> Affine(2, -1)

The host's bipolar quantiser gives +1 at its threshold; one that gives -1 there is a rounding to 0 and 1.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import exact_array


def strict_input(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    step = node.op
    if not isinstance(step, Step) or not step.type.bipolar or node.inputs[0] != graph.input_name:
        return None
    if not any(bound.strict and bound.value is not None for row in step.rows for bound in row):
        return None
    codes = replace(step, type=IntType(0, 1))
    name = graph.free_name(f"{node.name}_signs")
    behind = Node(name, Affine(exact_array(2), exact_array(-1)), (node.name,))
    return graph.with_op(node.name, codes).followed(node.name, behind)
