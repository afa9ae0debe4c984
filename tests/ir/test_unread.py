"""What stands for a layer that could not be read."""

from __future__ import annotations

from bnngen.ir.graph import Graph, Node
from bnngen.ir.unread import Unread


def test_it_has_its_shape_whatever_it_reads() -> None:
    graph = Graph("x", (4,), (Node("a", Unread((2, 3)), ("x",)), Node("b", Unread((1,)), ("x", "a"))), "b")
    assert graph.shapes == {"x": (4,), "a": (2, 3), "b": (1,)}
