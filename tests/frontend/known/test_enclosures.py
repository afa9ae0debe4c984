"""Bounds of doubles, against exact numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.frontend.known import arithmetic, enclosures
from bnngen.frontend.known.grids import Scaled
from bnngen.frontend.values import Constant, Enclosure
from bnngen.numbers.exact import exact_array

FLOATS = st.floats(-1e9, 1e9).filter(lambda x: not 0 < abs(x) < 1e-100)


@st.composite
def bounded(draw: st.DrawFn) -> Enclosure:
    low, high = sorted((draw(FLOATS), draw(FLOATS)))
    return Enclosure(np.array([low, low]), np.array([high, low]))


@pytest.mark.parametrize(
    ("function", "meaning"),
    [
        (enclosures.add, lambda a, b: a + b),
        (enclosures.multiply, lambda a, b: a * b),
        (enclosures.divide, lambda a, b: a / b),
    ],
)
@given(a=bounded(), b=bounded(), share=st.fractions(0, 1))
def test_the_exact_result_is_inside(
    function: Callable[..., Enclosure],
    meaning: Callable[..., Any],
    a: Enclosure,
    b: Enclosure,
    share: Fraction,
) -> None:
    if function is enclosures.divide and (b.low <= 0).any() and (b.high >= 0).any():
        return
    result = function(a, b)
    for k in range(2):
        x, y = (Fraction(v.low[k]) + share * (Fraction(v.high[k]) - Fraction(v.low[k])) for v in (a, b))
        exact = meaning(x, y)
        assert Fraction(result.low[k]) <= exact <= Fraction(result.high[k])
        tight = abs(float(meaning(Fraction(a.low[1]), Fraction(b.low[1]))))
        assert result.high[1] - result.low[1] <= tight * 1e-15 + 1e-300


@given(number=st.fractions(), power=st.integers(-60, 60))
def test_a_grid_is_enclosed(number: Fraction, power: int) -> None:
    exact = number * Fraction(2) ** power
    found = enclosures.enclosed(Scaled.of(Constant(exact_array(exact))))
    assert Fraction(found.low[0]) <= exact <= Fraction(found.high[0])


def test_what_is_exact_stays_exact() -> None:
    """DoReFa's weight of 0 is a tie of its rounding."""
    tanh = arithmetic.rising(np.tanh, Constant(np.array([0.0, 0.3, -0.3], np.float32)), -1.0, 1.0)
    assert isinstance(tanh, Enclosure)
    assert (tanh.low[0], tanh.high[0]) == (0.0, 0.0)
    assert tanh.low[1] < math.tanh(float(np.float32(0.3))) < tanh.high[1]
    scaled = arithmetic.divide(tanh, arithmetic.reduced("Max", arithmetic.absolute(tanh), [0], True))
    half = Constant(np.array(0.5, np.float32))
    levels = arithmetic.add(arithmetic.multiply(scaled, half), half)
    result = arithmetic.rounded(arithmetic.multiply(levels, Constant(np.array(3.0, np.float32))), "half_even")
    assert result.exact().tolist() == [2, 3, 0]


def test_what_bounds_do_not_decide_is_refused() -> None:
    doubtful = Enclosure(np.array([1.0, 1.4999]), np.array([1.0, 1.5001]))
    message = (
        r"can't be decided for element \(1,\) of a constant, which lies between .* it may round to either"
    )
    with pytest.raises(ValueError, match=message):
        arithmetic.rounded(doubtful, "half_even")
    assert arithmetic.rounded(doubtful, "floor").exact().tolist() == [1, 1]
    with pytest.raises(ValueError, match=r"element \(0,\) .* it may be below, at or above 0"):
        arithmetic.signs(Enclosure(np.array([-1e-20]), np.array([1e-20])))
    with pytest.raises(ValueError, match="divides by a number that may be zero"):
        arithmetic.divide(doubtful, Enclosure(np.array([-1.0]), np.array([1.0])))
    with pytest.raises(
        ValueError, match=r"element \(1,\) of a constant, .* about 1.4999; binarise or round it"
    ):
        doubtful.exact()


def test_infinity_is_a_bound() -> None:
    result = enclosures.divide(
        Enclosure(np.array([1.0]), np.array([1e9])), Enclosure(np.array([1e-305]), np.array([1.0]))
    )
    assert (result.low[0], result.high[0]) == (1.0, np.inf)
    with pytest.raises(ValueError, match=r"can't be decided for element \(0,\)"):
        arithmetic.signs(enclosures.multiply(result, Enclosure(np.array([0.0]), np.array([1.0]))))
