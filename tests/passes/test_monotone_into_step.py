"""Clip -> Step => Step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, clips, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Clip
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact
from bnngen.passes.affine_into_step import affine_into_step
from bnngen.passes.monotone_into_step import monotone_into_step

VALUES = [Fraction(n, 8) for n in range(-20, 21)]


def bound(value: int, strict: bool) -> Bound:
    return Bound(Exact.of(value), strict)


@pytest.mark.parametrize(
    ("before", "falling", "after"),
    [
        (bound(1, False), False, bound(1, False)),
        (bound(0, False), False, ALWAYS),
        (bound(0, True), False, bound(0, True)),
        (bound(-1, True), False, ALWAYS),
        (bound(1, True), True, bound(1, True)),
        (bound(0, False), True, bound(0, False)),
        (bound(0, True), True, NEVER),
        (bound(-1, False), True, NEVER),
        (ALWAYS, True, ALWAYS),
        (NEVER, False, NEVER),
    ],
)
def test_by_hand(before: Bound, falling: bool, after: Bound) -> None:
    graph = chain((1,), RELU, Step(((before,),), (falling,), BIPOLAR))
    result = fire(monotone_into_step, graph, "n1")
    (node,) = result.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert node.op == Step(((after,),), (falling,), BIPOLAR)
    same_meaning(graph, result, VALUES)


@pytest.mark.parametrize(
    ("before", "falling", "after"),
    [
        (bound(1, False), False, bound(1, False)),
        (bound(1, True), False, NEVER),
        (bound(-1, False), False, ALWAYS),
        (bound(-1, True), False, bound(-1, True)),
        (bound(1, False), True, ALWAYS),
        (bound(1, True), True, bound(1, True)),
        (bound(-1, False), True, bound(-1, False)),
        (bound(-1, True), True, NEVER),
        (bound(2, False), False, NEVER),
        (bound(-2, True), True, NEVER),
        (ALWAYS, False, ALWAYS),
        (NEVER, True, NEVER),
    ],
)
def test_both_ends_by_hand(before: Bound, falling: bool, after: Bound) -> None:
    """Between -1 and 1."""
    graph = chain((1,), Clip(Exact.of(-1), Exact.of(1)), Step(((before,),), (falling,), BIPOLAR))
    result = fire(monotone_into_step, graph, "n1")
    assert result.nodes[0].op == Step(((after,),), (falling,), BIPOLAR)
    same_meaning(graph, result, VALUES)


@settings(max_examples=40)
@given(data=st.data(), channels=st.integers(1, 2))
def test_it_is_exact(data: st.DataObject, channels: int) -> None:
    scaled = [data.draw(affines(channels)) for _ in range(2)]
    graph = chain(
        (channels,),
        scaled[0],
        data.draw(clips()),
        scaled[1],
        data.draw(steps(channels)),
    )
    after = fire(affine_into_step, graph, "n3")
    after = fire(monotone_into_step, after, "n3")
    after = fire(affine_into_step, after, "n3")
    same_meaning(graph, after, VALUES if channels == 1 else VALUES[::8])


def test_it_leaves_other_patterns_alone() -> None:
    graph = chain((1,), Step(((ALWAYS,),), (False,), BIPOLAR), RELU)
    assert [monotone_into_step(graph, node) for node in graph.nodes] == [None, None]
