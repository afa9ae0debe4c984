"""An affine for each of its readers."""

from __future__ import annotations

import numpy as np
import pytest
from support.rewrites import fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.ladder import Ladder
from bnngen.ir.layers import Linear, Sum
from bnngen.ir.rounding import Rounding
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.one_reader_each import one_reader_each

CODES = Step((Ladder("half_even", tuple(range(-7, 8))),), (False,), IntType(-8, 7))
AFFINE = Affine(exact_array(2), exact_array([1, -1]))


def branches(op: Op) -> Graph:
    nodes = (
        Node("shared", op, ("x",)),
        Node("left", Linear(np.array([[1, 1], [0, 1]])), ("shared",)),
        Node("sum", Sum((1, -1)), ("left", "shared")),
    )
    return Graph("x", (2,), nodes, "sum")


def test_each_reader_gets_its_own() -> None:
    for op in (AFFINE, RELU):
        graph = branches(op)
        after = fire(one_reader_each, graph, "shared")
        same_meaning(graph, after, (-1, 0, 2))
        assert [one_reader_each(after, node) for node in after.nodes] == [None] * 4


@pytest.mark.parametrize(
    ("front", "copied"), [([CODES], False), ([Rounding("half_even")], False), ([], True)]
)
def test_a_clip_of_codes_stays_one(front: list[Op], copied: bool) -> None:
    row = [*front, Clip(Exact.of(0), Exact.of(2))]
    names = ["x", *(f"n{k}" for k in range(len(row)))]
    nodes = [Node(n, op, (s,)) for s, n, op in zip(names, names[1:], row, strict=False)]
    both = Node("sum", Sum((1, 1)), (names[-1], "left"))
    left = Node("left", Linear(np.array([[1, 1], [0, 1]])), (names[-1],))
    graph = Graph("x", (2,), (*nodes, left, both), "sum")
    assert (one_reader_each(graph, graph[names[-1]]) is not None) == copied


def test_integers_may_have_several_readers() -> None:
    graph = branches(Linear(np.eye(2, dtype=int)))
    assert one_reader_each(graph, graph["shared"]) is None
