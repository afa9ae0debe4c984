"""Exact arithmetic with large arrays, against fractions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.frontend.known import grids
from bnngen.frontend.known.grids import Scaled
from bnngen.frontend.limits import MOST_EXACT
from bnngen.frontend.values import Constant, QuantizedConstant
from bnngen.numbers.exact import Exact, exact_array, square_root

NUMBERS = st.one_of(
    st.floats(-4, 4, width=32),
    st.floats(width=64, allow_nan=False, allow_infinity=False, min_value=-1e30, max_value=1e30),
    st.sampled_from([0.0, 0.5, -0.5, 1.5, 1 / 3, 1e-30, -1e-300]),
)
SHAPES = st.sampled_from([(2, 3), (2, 1), (1, 3), (3,), (1,), ()])


@st.composite
def arrays(draw: st.DrawFn) -> Constant | QuantizedConstant:
    shape = draw(SHAPES)
    count = int(np.prod(shape))
    if draw(st.booleans()):
        dtype = draw(st.sampled_from([np.float32, np.float64]))
        values = [
            float(np.asarray(v, dtype)) for v in draw(st.lists(NUMBERS, min_size=count, max_size=count))
        ]
        return Constant(np.array(values, dtype).reshape(shape))
    ints = draw(st.lists(st.integers(-(1 << 70), 1 << 70), min_size=count, max_size=count))
    unit = Fraction(draw(st.integers(1, 9)), draw(st.integers(1, 9))) * draw(st.sampled_from([1, -1]))
    whole = grids.narrow(np.array(ints, object).reshape(shape))
    return QuantizedConstant(whole, exact_array(unit), exact_array(draw(st.integers(0, 1)) * unit / 2))


def fractions(value: Constant | QuantizedConstant) -> np.ndarray:
    flat = value.exact().reshape(-1)
    return np.array([v.fraction() for v in flat], object).reshape(value.shape)


PAIRS: list[tuple[Callable[[Scaled, Scaled], Any], Callable[[Any, Any], Any]]] = [
    (grids.add, operator.add),
    (grids.multiply, operator.mul),
    (grids.divide, operator.truediv),
    (
        lambda a, b: grids.where(np.array([True, False, True]), a, b),
        lambda a, b: np.where([True, False, True], a, b),
    ),
]


@pytest.mark.parametrize(("function", "meaning"), PAIRS)
@given(a=arrays(), b=arrays())
def test_two_arrays(
    function: Callable[[Scaled, Scaled], Any],
    meaning: Callable[[Any, Any], Any],
    a: Constant | QuantizedConstant,
    b: Constant | QuantizedConstant,
) -> None:
    left, right = fractions(a), fractions(b)
    if meaning is operator.truediv and not all(right.reshape(-1)):
        with pytest.raises(ValueError, match="divides by zero"):
            function(Scaled.of(a), Scaled.of(b))
        return
    result = function(Scaled.of(a), Scaled.of(b))
    expected = np.asarray(meaning(left, right), object)
    assert result.shape == expected.shape
    assert (fractions(result) == expected).all()


@given(a=arrays())
def test_one_array(a: Constant | QuantizedConstant) -> None:
    grid, numbers = Scaled.of(a), fractions(a)
    assert (fractions(grid.value()) == numbers).all()
    assert (fractions(grids.negative(grid).value()) == -numbers).all()
    for mode, function in (("half_even", round), ("floor", floor), ("ceil", ceil)):
        expected = [function(v) for v in numbers.reshape(-1)]
        assert [int(v) for v in grids.rounded(grid, mode).reshape(-1)] == expected
    assert grid.signs().reshape(-1).tolist() == [(v > 0) - (v < 0) for v in numbers.reshape(-1)]
    if len(a.shape) == 2:
        total = grids.total(grid, (1,))
        assert (fractions(total) == numbers.sum(axis=1, keepdims=True)).all()


def test_a_scale_a_row_stays_a_scale() -> None:
    """So that the signs stay small integers, however long the scales are."""
    signs = Constant(np.array([[1.0, -1, 1], [-1, 1, 1]], np.float32))
    alpha = Constant(exact_array([Fraction(1, 3), Fraction(2, 7)]).reshape(2, 1))
    result = grids.multiply(Scaled.of(signs), Scaled.of(alpha))
    assert isinstance(result, QuantizedConstant)
    assert result.ints.tolist() == [[1, -1, 1], [-1, 1, 1]]
    assert result.scale.shape == (2, 1)


def test_irrational_numbers() -> None:
    root = Constant(square_root(exact_array([2, 8])))
    doubled = grids.add(Scaled.of(root), Scaled.of(root))
    assert list(doubled.exact()) == [Exact.of(8).sqrt(), Exact.of(32).sqrt()]
    mixed = grids.add(Scaled.of(root), Scaled.of(Constant(np.array(1.0))))
    assert list(mixed.exact()) == [Exact.of(2).sqrt() + 1, Exact.of(8).sqrt() + 1]
    assert grids.rounded(Scaled.of(mixed), "half_even").tolist() == [2, 4]


def test_large_arrays_take_no_object_for_each() -> None:
    w = np.random.default_rng(0).normal(size=(1000, 1000)).astype(np.float32)
    signs = Scaled.of(Constant(np.sign(w)))
    alpha = grids.total(Scaled.of(Constant(np.abs(w))), (1,))
    result = grids.multiply(signs, Scaled.of(alpha))
    assert isinstance(result, QuantizedConstant)
    assert result.ints.dtype == np.int64
    assert result.scale[7, 0] == sum(Fraction(float(v)) for v in np.abs(w[7]))


def test_what_is_too_much() -> None:
    many = Constant(np.ones(MOST_EXACT + 1))
    with pytest.raises(
        ValueError, match="computes with 262,145 exact numbers; at most 262,144 are supported"
    ):
        grids.divide(Scaled.of(many), Scaled.of(many))
    with pytest.raises(ValueError, match="nan is not a finite number"):
        Scaled.of(Constant(np.array([1.5, np.nan])))
