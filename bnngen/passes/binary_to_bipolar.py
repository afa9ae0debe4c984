"""Step{0, 1} -> Linear(bipolar W)   =>   Step{-1, +1} -> Affine(1/2, 1/2) -> Linear(W)
The same for a Convolution, and where pools and moves stand between: they keep their places behind the Steps,
of which a Concat has several.

x = (z + 1)/2: the same comparison and the same bit, but the product becomes XNOR and popcount. The offset
W/2 of each row must end in a threshold: in front of an argmax it would stand between the integers and their
order.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Pooling, Product, Sum
from bnngen.ir.monotone import Monotone
from bnngen.ir.moves import Move
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array

HALF = exact_array(Fraction(1, 2))


def binary_to_bipolar(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    product = node.op
    if not isinstance(product, Product) or IntType.of_values(product.weights) != BIPOLAR:
        return None
    steps = _steps_before(graph, node)
    if not steps or any(step.type != IntType(0, 1) for _, step in steps):
        return None
    if not all(any(isinstance(n.op, Product) for n in graph.upstream(maker)) for maker, _ in steps):
        return None  # the input's quantiser is the host's: a strict threshold has no bipolar rounding there
    if not any(isinstance(n.op, Step) for n in graph.downstream(node)):
        return None
    affine = Node(graph.free_name(f"{node.name}_half"), Affine(HALF, HALF), node.inputs)
    graph = graph.replaced({node.name: [affine, replace(node, inputs=(affine.name,))]})
    for maker, step in steps:
        graph = graph.with_op(maker.name, replace(step, type=BIPOLAR))
    return graph


def _steps_before(graph: Graph, node: Node) -> list[tuple[Node, Step]] | None:
    """The Steps whose codes ``node`` alone reads, straight or through pools and moves; None if it reads
    anything else, or a Step that has yet to find its place."""
    found: list[tuple[Node, Step]] = []
    for name in node.inputs:
        maker = graph.maker(name)
        if maker is None or graph.only_consumer(name) is not node:
            return None
        if isinstance(maker.op, Step):
            if not _settled(graph, maker):
                return None
            found.append((maker, maker.op))
        elif isinstance(maker.op, Pooling | Move) and (behind := _steps_before(graph, maker)):
            found += behind
        else:
            return None
    return found


def _settled(graph: Graph, step: Node) -> bool:
    """Whether the Step stays behind what it stands behind."""
    maker = graph.producer(step)
    if maker is None or isinstance(maker.op, Affine | Monotone):
        return False
    return isinstance(maker.op, Product | Sum) or graph.only_consumer(maker.name) is None
