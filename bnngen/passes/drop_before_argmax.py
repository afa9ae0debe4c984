"""Softmax -> ArgMax              =>   ArgMax             (LogSoftmax, Sigmoid, Tanh ... likewise)
Affine(m, a) -> ArgMax         =>   ArgMax             (one m > 0, one a)
Linear(W) -> Affine(m, a) -> ArgMax   =>   Linear(-W) -> ArgMax   (one m < 0, one a)

These functions and a rising affine that is the same for all classes keep the order and the ties of the
scores. Offsets that differ are left to the argmax: see `scores_in_order`.
"""

from __future__ import annotations

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, channels_first
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Linear
from bnngen.ir.monotone import Smooth
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.rewrite import Refusal, pair


def drop_softmax_before_argmax(graph: Graph, node: Node) -> Graph | None:
    """Softmax -> ArgMax   =>   ArgMax."""
    match = pair(graph, node, HostFunction | Smooth, ClassIndex)
    if match is None:
        return None
    if isinstance(match[1], Smooth):
        return graph.without(match[0].name)
    function, shape = match[1], channels_first(graph.shapes[match[0].name])
    over_channels = (function.outer, function.length) == (1, shape[0])
    return graph.without(match[0].name) if over_channels else None


def drop_affine_before_argmax(graph: Graph, node: Node) -> Graph | Refusal | None:
    """Affine -> ArgMax   =>   ArgMax, where it keeps the order."""
    match = pair(graph, node, Affine, ClassIndex)
    if match is None:
        return None
    affine, op = match
    if not op.is_scalar:
        return None
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
