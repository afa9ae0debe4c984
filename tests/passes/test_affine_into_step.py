"""Affine -> Step => Step."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.affine_into_step import affine_into_step

VALUES = [Fraction(n, 4) for n in range(-16, 17)]
ROOT = Exact.of(2).sqrt()


def step(*values: object, strict: bool = False, falling: bool = False) -> Step:
    row = tuple(Bound(Exact.of(v), strict) for v in values)
    type_ = BIPOLAR if len(values) == 1 else IntType(0, len(values))
    return Step((row,), (falling,), type_)


@pytest.mark.parametrize(
    ("mul", "add", "threshold", "falls"),
    [
        (2, 1, Fraction(-1, 2), False),
        (-2, 1, Fraction(1, 2), True),
        (Fraction(1, 3), -1, 3, False),
        (ROOT, -2, ROOT, False),
        (-ROOT, 2, ROOT, True),
        (-ROOT, 0, 0, True),
    ],
)
def test_the_threshold_moves(mul: object, add: object, threshold: object, falls: bool) -> None:
    graph = chain((1,), Affine(exact_array(mul), exact_array(add)), step(0))
    after = fire(affine_into_step, graph, "n1")
    (node,) = after.nodes
    assert (node.name, node.inputs) == ("n1", ("x",))
    assert node.op.rows == ((Bound(Exact.of(threshold), strict=False),),)
    assert node.op.falling == (falls,)


@pytest.mark.parametrize(
    ("add", "strict", "bound"), [(0, False, ALWAYS), (0, True, NEVER), (-1, False, NEVER)]
)
def test_a_factor_of_zero_decides_for_every_input(add: int, strict: bool, bound: Bound) -> None:
    graph = chain((1,), Affine(exact_array(0), exact_array(add)), step(0, strict=strict))
    assert fire(affine_into_step, graph, "n1")["n1"].op.rows == ((bound,),)


def test_one_row_for_each_channel() -> None:
    affine = Affine(exact_array([1, -1, 0]), exact_array([1, 2, 3]))
    graph = chain((3,), affine, step(1, 4))
    op = fire(affine_into_step, graph, "n1")["n1"].op
    values = [[b.value for b in row] for row in op.rows]
    assert values == [[0, 3], [1, -2], [None, None]]
    assert op.rows[2] == (ALWAYS, NEVER)
    assert op.falling[:2] == (False, True)
    assert op.turns == (False, True, False)
    assert op.type == IntType(0, 2)


def test_one_factor_and_a_row_for_each_channel() -> None:
    rows = tuple((Bound(Exact.of(t), strict=True),) for t in (1, 2))
    graph = chain((2,), Affine(exact_array(-2), exact_array(0)), Step(rows, (False, True), BIPOLAR))
    op = fire(affine_into_step, graph, "n1")["n1"].op
    assert [(row[0].value, row[0].strict) for row in op.rows] == [(Fraction(-1, 2), True), (-1, True)]
    assert op.falling == (True, False)


@settings(max_examples=40)
@given(data=st.data(), channels=st.integers(1, 2))
def test_it_is_exact(data: st.DataObject, channels: int) -> None:
    scaled = [data.draw(affines(channels)) for _ in range(2)]
    graph = chain((channels,), *scaled, data.draw(steps(channels)))
    once = fire(affine_into_step, graph, "n2")
    twice = fire(affine_into_step, once, "n2")
    values = VALUES if channels == 1 else VALUES[::6]
    same_meaning(graph, once, values)
    same_meaning(graph, twice, values)


def test_it_leaves_other_patterns_alone() -> None:
    affine = Affine(exact_array(2), exact_array(0))
    graph = chain((1,), step(0), affine, RELU, step(0))
    assert [affine_into_step(graph, node) for node in graph.nodes] == [None] * 4
    shown = chain((1,), affine, step(0))
    assert affine_into_step(type(shown)("x", (1,), shown.nodes, "n0"), shown["n1"]) is None
