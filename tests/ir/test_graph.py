"""The graph's queries and edits."""

from __future__ import annotations

import pytest

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.host_function import HostFunction
from bnngen.ir.moves import Reshape
from bnngen.numbers.exact import exact_array
from bnngen.passes.rewrite import verify

SOFTMAX = HostFunction("Softmax", 1, 2, 1)


def chain(*ops: object, output: str | None = None) -> Graph:
    """Nodes a, b, c ... in a row behind the input x."""
    names = ["x", *"abcdefg"[: len(ops)]]
    nodes = tuple(
        Node(name, op, (source,))  # type: ignore[arg-type]
        for source, name, op in zip(names, names[1:], ops, strict=False)
    )
    return Graph("x", (2, 3, 4), nodes, output or names[len(ops)])


def edges(graph: Graph) -> list[tuple[str, str]]:
    return [(node.inputs[0], node.name) for node in graph.nodes]


def test_queries() -> None:
    graph = chain(RELU, SOFTMAX, RELU)
    assert graph["b"].op is SOFTMAX
    assert graph.producer(graph["a"]) is None
    assert graph.producer(graph["b"]) is graph["a"]
    assert graph.consumers("a") == (graph["b"],)
    assert graph.only_consumer("x") is graph["a"]
    assert graph.only_consumer("c") is None


def test_a_tensor_with_two_readers_has_no_only_consumer() -> None:
    graph = chain(RELU, RELU)
    branched = Graph("x", (3,), (*graph.nodes, Node("d", RELU, ("a",))), "b")
    assert [n.name for n in branched.consumers("a")] == ["b", "d"]
    assert branched.only_consumer("a") is None


def test_the_output_has_no_only_consumer() -> None:
    assert chain(RELU, RELU, output="a").only_consumer("a") is None


def test_shapes() -> None:
    graph = chain(RELU, Reshape((24,)), Affine(exact_array(1), exact_array(0)))
    assert graph.shapes == {"x": (2, 3, 4), "a": (2, 3, 4), "b": (24,), "c": (24,)}


def test_with_op_changes_one_node() -> None:
    graph = chain(RELU, RELU).with_op("b", SOFTMAX)
    assert [n.op for n in graph.nodes] == [RELU, SOFTMAX]
    assert edges(graph) == [("x", "a"), ("a", "b")]


@pytest.mark.parametrize(
    ("gone", "left", "output"),
    [
        ("a", [("x", "b"), ("b", "c")], "c"),
        ("b", [("x", "a"), ("a", "c")], "c"),
        ("c", [("x", "a"), ("a", "b")], "b"),
    ],
)
def test_without(gone: str, left: list[tuple[str, str]], output: str) -> None:
    graph = chain(RELU, RELU, RELU).without(gone)
    assert edges(graph) == left
    assert graph.output == output


def test_swapped_in_the_middle_and_at_the_end() -> None:
    first, second = Affine(exact_array(2), exact_array(0)), Affine(exact_array(3), exact_array(0))
    middle = chain(RELU, RELU, RELU, RELU).swapped("b", first, "c", second)
    assert edges(middle) == [("x", "a"), ("a", "c"), ("c", "b"), ("b", "d")]
    assert (middle["b"].op, middle["c"].op) == (first, second)
    end = chain(RELU, RELU).swapped("a", first, "b", second)
    assert edges(end) == [("x", "b"), ("b", "a")]
    assert end.output == "a"
    verify(middle)
    verify(end)


def test_verify_names_the_wrong_layer() -> None:
    nodes = chain(RELU, RELU).nodes
    cases = {
        "layer 'a': occurs twice in the graph": Graph("x", (3,), (nodes[0], nodes[0]), "a"),
        "layer 'x': occurs twice in the graph": Graph("x", (3,), (Node("x", RELU, ("x",)),), "x"),
        "layer 'b': reads 'a' before it is made": Graph("x", (3,), nodes[::-1], "b"),
        "layer 'z': is the output, but nothing makes it": Graph("x", (3,), nodes, "z"),
        "layer 'a': has 2 parameters for 3 channels": Graph(
            "x", (3,), (Node("a", Affine(exact_array([1, 2]), exact_array(0)), ("x",)),), "a"
        ),
    }
    for message, graph in cases.items():
        with pytest.raises(ModelError) as error:
            verify(graph)
        assert str(error.value) == message
