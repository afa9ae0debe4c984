"""An affine for each of its readers."""

from __future__ import annotations

import numpy as np
from support.rewrites import fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.layers import Linear, Sum
from bnngen.numbers.exact import exact_array
from bnngen.passes.one_reader_each import one_reader_each

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


def test_integers_may_have_several_readers() -> None:
    graph = branches(Linear(np.eye(2, dtype=int)))
    assert one_reader_each(graph, graph["shared"]) is None
