"""Linear -> falling Step => negated Linear -> rising Step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_graphs import affines, linears, steps
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Linear
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.affine_into_step import affine_into_step
from bnngen.passes.falling_to_negated import falling_to_negated

LINEAR = Linear(np.array([[1, -1], [1, 1]]))


def row(*values: object, strict: bool = False) -> tuple[Bound, ...]:
    return tuple(Bound(Exact.of(v), strict) for v in values)


def test_only_falling_rows_change_sign() -> None:
    step = Step((row(3, 1, strict=True), row(1, 3)), (True, False), IntType(0, 2))
    graph = chain((2,), LINEAR, step)
    after = fire(falling_to_negated, graph, "n1")
    assert after["n0"].op.weights.tolist() == [[-1, 1], [1, 1]]
    assert after["n1"].op.rows == (row(-3, -1, strict=True), row(1, 3))
    assert after["n1"].op.falling == (False, False)
    same_meaning(graph, after, (-2, -1, 0, 1, 2))


def test_one_row_of_thresholds_for_all_channels() -> None:
    graph = chain((2,), LINEAR, Step((row(1),), (True,), BIPOLAR))
    after = fire(falling_to_negated, graph, "n1")
    assert after["n0"].op.weights.tolist() == [[-1, 1], [-1, -1]]
    assert after["n1"].op.rows == (row(-1), row(-1))
    same_meaning(graph, after, (-1, 0, 1))


def test_rows_that_x_does_not_decide_keep_their_weights() -> None:
    step = Step(((ALWAYS,), row(1)), (True, True), BIPOLAR)
    graph = chain((2,), LINEAR, step)
    after = fire(falling_to_negated, graph, "n1")
    assert after["n0"].op.weights.tolist() == [[1, -1], [-1, -1]]
    same_meaning(graph, after, (-1, 0, 1))
    for bound in (ALWAYS, NEVER):
        constant = chain((2,), LINEAR, Step(((bound,),), (True,), BIPOLAR))
        assert falling_to_negated(constant, constant["n1"]) is None


@pytest.mark.parametrize(
    ("weights", "fires"),
    [
        ([[1, -1]], True),
        ([[1, 1]], True),
        ([[-1, 0]], False),
        ([[0, 0]], True),
        ([[-2, 1]], False),
        ([[-3, 1]], True),
        ([[-3, 3]], True),
        ([[0, 1]], False),
        ([[2, 3]], False),
    ],
)
def test_only_weights_whose_bits_hold_their_negatives(weights: list[list[int]], fires: bool) -> None:
    """-1 fits one signed bit and -2 two, but 1 and 2 don't; {0, 1} has no sign bit."""
    graph = chain((2,), Linear(np.array(weights)), Step((row(1),), (True,), BIPOLAR))
    assert (falling_to_negated(graph, graph["n1"]) is not None) == fires


@settings(max_examples=40)
@given(data=st.data())
def test_it_is_exact(data: st.DataObject) -> None:
    affine = Affine(exact_array([-1, 2]), data.draw(affines(2)).add)
    graph = chain((2,), data.draw(linears(2, 2)), affine, data.draw(steps(2)))
    before = fire(affine_into_step, graph, "n2")
    after = falling_to_negated(before, before["n2"]) or before
    same_meaning(graph, after, (-2, -1, 0, 1, 3))


def test_it_leaves_rising_rows_alone() -> None:
    graph = chain((2,), LINEAR, Step((row(1),), (False,), BIPOLAR))
    assert [falling_to_negated(graph, node) for node in graph.nodes] == [None, None]


def test_it_waits_for_what_will_merge() -> None:
    falling = Step((row(1),), (True,), BIPOLAR)
    affine = Affine(exact_array(2), exact_array(0))
    waiting = chain((2,), affine, LINEAR, LINEAR, falling)
    assert falling_to_negated(waiting, waiting["n3"]) is None
    waiting = chain((2,), LINEAR, falling, affine, falling)
    assert falling_to_negated(waiting, waiting["n1"]) is None
    ready = chain((2,), LINEAR, falling, affine, LINEAR, falling)
    assert falling_to_negated(ready, ready["n1"]) is not None
