"""Step{0, 1} -> Linear(bipolar W)   =>   Step{-1, +1} -> Affine(1/2, 1/2) -> Linear(W)

x = (z + 1)/2: the same comparison and the same bit, but the product becomes XNOR and popcount. The offset
W/2 of each row must end in a threshold: in front of an argmax it would stand between the integers and their
order.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bnngen.datatypes import BIPOLAR, IntType
from bnngen.exact import exact_array
from bnngen.graph import Graph, Node
from bnngen.passes.rewrite import pair
from bnngen.quantised import Affine, Linear, Step

HALF = exact_array(Fraction(1, 2))


def binary_to_bipolar(graph: Graph, node: Node) -> Graph | None:
    match = pair(graph, node, Step, Linear)
    if match is None:
        return None
    producer, step = match
    linear = node.op
    assert isinstance(linear, Linear)
    if step.type != IntType(0, 1) or IntType.of_values(linear.weights) != BIPOLAR:
        return None
    if not any(isinstance(n.op, Linear) for n in graph.upstream(producer)):
        return None  # the input's quantiser is the host's: a strict threshold has no bipolar rounding there
    if not any(isinstance(n.op, Step) for n in graph.downstream(node)):
        return None
    affine = Node(graph.free_name(f"{producer.name}_half"), Affine(HALF, HALF), (producer.name,))
    index = graph.nodes.index(node)
    fed = replace(node, inputs=(affine.name,))
    nodes = (*graph.nodes[:index], affine, fed, *graph.nodes[index + 1 :])
    return replace(graph, nodes=nodes).with_op(producer.name, replace(step, type=BIPOLAR))
