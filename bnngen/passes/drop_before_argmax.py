"""Softmax -> ArgMax              =>   ArgMax
Affine(m, a) -> ArgMax         =>   ArgMax             (one m > 0, one a)
Linear(W) -> Affine(m, a) -> ArgMax   =>   Linear(-W) -> ArgMax   (one m < 0, one a)

Softmax and a rising affine that is the same for all classes keep the order and the ties of the scores.
"""

from __future__ import annotations

from bnngen.ir.elementwise import Affine, Softmax
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Linear
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.rewrite import Refusal, pair


def drop_softmax_before_argmax(graph: Graph, node: Node) -> Graph | None:
    """Softmax -> ArgMax   =>   ArgMax."""
    match = pair(graph, node, Softmax, ClassIndex)
    return graph.without(match[0].name) if match else None


def drop_affine_before_argmax(graph: Graph, node: Node) -> Graph | Refusal | None:
    """Affine -> ArgMax   =>   ArgMax, where it keeps the order."""
    match = pair(graph, node, Affine, ClassIndex)
    if match is None:
        return None
    affine, op = match
    if not op.is_scalar:
        return Refusal(
            affine.name,
            "gives each class its own scale or offset in front of an argmax, which integers can't compare; "
            "use one scale for all classes, or build with the scores as output",
        )
    sign = op.mul[0].sign()
    if sign > 0:
        return graph.without(affine.name)
    before = pair(graph, affine, Linear, Affine)
    if sign == 0 or before is None:
        return Refusal(
            affine.name, "turns the order of the scores in front of an argmax, or makes them all equal"
        )
    linear, product = before
    return graph.without(affine.name).with_op(linear.name, Linear(-product.weights))
