"""Affine -> Affine => Affine."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.merge_affines import merge_affines


def test_by_hand() -> None:
    root = Exact.of(2).sqrt()
    graph = chain(
        (2,), Affine(exact_array([root, 3]), exact_array(1)), Affine(exact_array(root), exact_array([5, 6]))
    )
    after = fire(merge_affines, graph, "n1")
    (node,) = after.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert list(node.op.mul) == [2, root * 3]
    assert list(node.op.add) == [root + 5, root + 6]


@settings(max_examples=40)
@given(data=st.data(), channels=st.integers(1, 3))
def test_it_is_exact(data: st.DataObject, channels: int) -> None:
    graph = chain((channels,), *(data.draw(affines(channels)) for _ in range(2)))
    same_meaning(graph, fire(merge_affines, graph, "n1"), (-1, 0, 2))


def test_it_leaves_other_patterns_alone() -> None:
    affine = Affine(exact_array(2), exact_array(0))
    graph = chain((2,), affine, RELU, affine)
    assert [merge_affines(graph, node) for node in graph.nodes] == [None] * 3
