"""Two equal quantisers of one tensor are one."""

from __future__ import annotations

from support.rewrites import fire, same_meaning

from bnngen.ir.graph import Graph, Node
from bnngen.ir.ladder import Ladder
from bnngen.ir.layers import Sum
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.passes.merge_twins import merge_twins


def quantizer(hi: int) -> Step:
    return Step((Ladder("half_even", tuple(range(1, hi + 1))),), (False,), IntType(0, hi))


def branches(*steps: Step) -> Graph:
    nodes = [Node(f"s{k}", step, ("x",)) for k, step in enumerate(steps)]
    total = Node("sum", Sum((1, 3)), ("s0", "s1"))
    return Graph("x", (1,), (*nodes, total), "sum")


def test_equal_steps_become_one() -> None:
    graph = branches(quantizer(3), quantizer(3))
    after = fire(merge_twins, graph, "s1")
    assert [(node.name, node.inputs) for node in after.nodes] == [("s0", ("x",)), ("sum", ("s0", "s0"))]
    same_meaning(graph, after, [-1, 0.5, 1, 1.5, 2.5, 9])


def test_the_first_stays() -> None:
    graph = branches(quantizer(3), quantizer(3))
    assert merge_twins(graph, graph["s0"]) is None


def test_others_stay() -> None:
    graph = branches(quantizer(3), quantizer(2))
    assert [merge_twins(graph, node) for node in graph.nodes] == [None] * 3
