"""The last step: every real threshold becomes an integer one, inside what can be reached."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exact_graphs import evaluate
from support.rewrites import chain

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Linear
from bnngen.ir.moves import Reshape
from bnngen.ir.step import ALWAYS, NEVER, Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen.passes.integerize import integerize

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
SUM = Linear(np.array([[1, 1, 1]]))
values = st.fractions(-5, 5, max_denominator=3) | st.integers(-4, 4).map(Fraction)
bounds = st.builds(Bound, values.map(Exact.of), st.booleans()) | st.sampled_from([ALWAYS, NEVER])


def thresholds(step: Step, linear: Linear = SUM) -> Threshold:
    network = integerize(chain((linear.weights.shape[1],), SIGN, linear, step))
    layer = network.layers[0].op
    assert isinstance(layer, Dense)
    assert layer.activation is not None
    return layer.activation


@given(row=st.lists(bounds, min_size=1, max_size=4), falling=st.booleans())
def test_every_reachable_sum_keeps_its_code(row: list[Bound], falling: bool) -> None:
    step = Step((tuple(row),), (falling,), IntType(-1, len(row) - 1))
    threshold = thresholds(step)
    codes = chain((1,), step)
    for acc in range(-3, 4):
        assert threshold.compute(np.array([[acc]])).tolist() == [evaluate(codes, [acc])]
    assert threshold.thresholds.min() >= -3
    assert threshold.thresholds.max() <= 4


@pytest.mark.parametrize(
    ("bound", "falling", "threshold"),
    [
        (Bound(Exact.of(Fraction(1, 2)), strict=False), False, 1),
        (Bound(Exact.of(1), strict=False), False, 1),
        (Bound(Exact.of(1), strict=True), False, 2),
        (Bound(Exact.of(1), strict=False), True, 2),
        (Bound(Exact.of(1), strict=True), True, 1),
        (Bound(Exact.of(-1), strict=False), False, -1),
        (Bound(Exact.of(Fraction(-1, 2)), strict=True), False, 0),
        (Bound(Exact.of(2).sqrt(), strict=False), False, 2),
        (Bound(-Exact.of(2).sqrt(), strict=False), False, -1),
        (Bound(Exact.of(-100), strict=False), False, -3),
        (Bound(Exact.of(100), strict=False), False, 4),
        (Bound(Exact.of(10**30), strict=False), True, 4),
        (ALWAYS, False, -3),
        (NEVER, False, 4),
    ],
)
def test_thresholds_by_hand(bound: Bound, falling: bool, threshold: int) -> None:
    """Sums reach from -3 to 3; 4 is never reached."""
    result = thresholds(Step(((bound,),), (falling,), BIPOLAR))
    assert result.thresholds.tolist() == [[threshold]]
    assert result.invert.tolist() == [falling]


def test_rows_are_clipped_to_their_own_range() -> None:
    linear = Linear(np.array([[1, 0], [3, -2]]))
    row = (Bound(Exact.of(-9), strict=False), Bound(Exact.of(9), strict=False))
    result = thresholds(Step((row,), (False,), IntType(0, 2)), linear)
    assert result.thresholds.tolist() == [[-1, 2], [-5, 6]]


def plain_sign(threshold: Fraction = Fraction(0)) -> Step:
    row = tuple(Bound(Exact.of(threshold), strict) for strict in (False, True))
    return Step((row,), (False,), IntType(-1, 1), from_sign=True)


@pytest.mark.parametrize(
    ("weights", "threshold", "accepted"),
    [
        ([[1, -1, 1]], Fraction(0), True),
        ([[1, 1]], Fraction(0), False),
        ([[1, -1, 0]], Fraction(0), False),
        ([[2, 1, 0]], Fraction(0), True),
        ([[1, 1]], Fraction(1), True),
        ([[1, -1, 1]], Fraction(1), False),
        ([[1, -1, 1]], Fraction(1, 2), True),
        ([[1, 1]], Fraction(3), True),
        ([[1, 1]], Fraction(2), False),
        ([[1, 1]], Fraction(-2), False),
        ([[1, 1]], Fraction(-4), True),
    ],
)
def test_a_plain_sign_is_accepted_where_its_zero_is_not_reached(
    weights: list[Any], threshold: Fraction, accepted: bool
) -> None:
    step, linear = plain_sign(threshold), Linear(np.array(weights))
    graph = chain((len(weights[0]),), SIGN, linear, step)
    if not accepted:
        with pytest.raises(
            ModelError,
            match=rf"^layer 'n2': is a plain Sign, and gives 0 where the sum of .* is {threshold};",
        ):
            integerize(graph)
        return
    network = integerize(graph)
    assert network.output_type == BIPOLAR
    for x in np.ndindex(*(2,) * len(weights[0])):
        codes = [2 * v - 1 for v in x]
        assert network.run(np.array([codes])).tolist() == [evaluate(graph, codes)]


def test_a_plain_sign_behind_inputs_that_can_be_zero() -> None:
    row = tuple(Bound(Exact.of(v), strict=False) for v in (Fraction(-1, 2), Fraction(1, 2)))
    ternary = Step((row,), (False,), IntType(-1, 1))
    with pytest.raises(ModelError, match=r"is a plain Sign, and gives 0 where the sum of channel 0 is 0"):
        integerize(chain((3,), ternary, SUM, plain_sign()))


def test_the_tail_is_the_hosts() -> None:
    tail = Affine(exact_array([2]), exact_array([1]))
    host = integerize(chain((3,), SIGN, SUM, tail, HostFunction("Softmax", 1, 1, 1))).host
    assert (list(host.mul), list(host.add), host.head is not None) == ([2], [1], True)
    host = integerize(chain((3,), SIGN, SUM, HostFunction("Softmax", 1, 1, 1))).host
    assert (list(host.mul), list(host.add), host.head is not None) == ([1], [0], True)
    with pytest.raises(ModelError, match=r"^layer 'n3': Affine works on real numbers here"):
        integerize(chain((3,), SIGN, SUM, HostFunction("Softmax", 1, 1, 1), tail))
    with pytest.raises(ModelError, match=r"^layer 'n1': the network has no layer with weights|^layer 'n0': "):
        integerize(chain((3,), SIGN, Reshape((3, 1))))
