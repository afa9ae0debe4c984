"""Step{0, 1} -> Linear(bipolar W)   =>   Step{-1, +1} -> Affine(1/2, 1/2) -> Linear(W)
The same for a Convolution, and where a MaxPool stands between: it keeps its place behind the Step.

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
from bnngen.passes.max_pool import step_before
from bnngen.quantised import Affine, Product, Step

HALF = exact_array(Fraction(1, 2))


def binary_to_bipolar(graph: Graph, node: Node) -> Graph | None:
    product = node.op
    if not isinstance(product, Product) or (producer := step_before(graph, node)) is None:
        return None
    step = producer.op
    assert isinstance(step, Step)
    if step.type != IntType(0, 1) or IntType.of_values(product.weights) != BIPOLAR:
        return None
    if not any(isinstance(n.op, Product) for n in graph.upstream(producer)):
        return None  # the input's quantiser is the host's: a strict threshold has no bipolar rounding there
    if not any(isinstance(n.op, Step) for n in graph.downstream(node)):
        return None
    affine = Node(graph.free_name(f"{producer.name}_half"), Affine(HALF, HALF), node.inputs)
    index = graph.nodes.index(node)
    fed = replace(node, inputs=(affine.name,))
    nodes = (*graph.nodes[:index], affine, fed, *graph.nodes[index + 1 :])
    return replace(graph, nodes=nodes).with_op(producer.name, replace(step, type=BIPOLAR))
