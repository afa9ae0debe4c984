"""Exact numbers against plain fractions, and against integer square roots of 400 bits."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.numbers.exact import Exact, exact_array, square_root

PRECISION = 400
ZERO_BELOW = Fraction(1, 1 << 350)
"""No non-zero sum of the roots drawn here is this small."""

rationals = st.fractions(min_value=-20, max_value=20, max_denominator=12)
radicands = st.fractions(min_value=0, max_value=50, max_denominator=8)
Parts = list[tuple[Fraction, Fraction]]
parts_of_sums = st.lists(st.tuples(rationals, radicands), max_size=3)


def exact(parts: Parts) -> Exact:
    """The sum of a*sqrt(b) over the pairs (a, b)."""
    return sum((Exact.of(b).sqrt() * a for a, b in parts), Exact())


def approximate(parts: Parts) -> Fraction:
    """The same sum, each root cut off below 2**-PRECISION."""
    total = Fraction(0)
    for a, b in parts:
        root = math.isqrt((b.numerator * b.denominator) << (2 * PRECISION))
        total += a * Fraction(root, b.denominator << PRECISION)
    return total


def reference_sign(parts: Parts) -> int:
    value = approximate(parts)
    return 0 if abs(value) < ZERO_BELOW else (1 if value > 0 else -1)


def product(first: Parts, second: Parts) -> Parts:
    return [(a * c, b * d) for a, b in first for c, d in second]


def negated(parts: Parts) -> Parts:
    return [(-a, b) for a, b in parts]


@given(parts_of_sums)
def test_the_sign_is_that_of_the_number(parts: Parts) -> None:
    assert exact(parts).sign() == reference_sign(parts)
    assert bool(exact(parts)) == (reference_sign(parts) != 0)


@given(parts_of_sums, parts_of_sums)
def test_sums_and_products_are_those_of_the_numbers(first: Parts, second: Parts) -> None:
    a, b = exact(first), exact(second)
    assert (a + b).sign() == reference_sign(first + second)
    assert (a - b).sign() == reference_sign(first + negated(second))
    assert (a * b).sign() == reference_sign(product(first, second))
    assert abs(Fraction(float(a * b)) - approximate(product(first, second))) < Fraction(1, 10**8)


@given(parts_of_sums, parts_of_sums)
def test_order_and_equality_are_those_of_the_numbers(first: Parts, second: Parts) -> None:
    order = reference_sign(first + negated(second))
    a, b = exact(first), exact(second)
    assert (a < b, a == b, a > b) == (order < 0, order == 0, order > 0)
    assert (a <= b, a != b, a >= b) == (order <= 0, order != 0, order >= 0)
    if a == b:
        assert hash(a) == hash(b)


@given(parts_of_sums, parts_of_sums, parts_of_sums)
def test_ring_laws(first: Parts, second: Parts, third: Parts) -> None:
    a, b, c = exact(first), exact(second), exact(third)
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert a * (b + c) == a * b + a * c
    assert (a + b) - b == a
    assert not (a - a).terms
    assert a * 1 == a == a + 0
    assert not a * 0


@given(parts_of_sums, st.integers(-3, 3))
def test_floor_and_ceil(parts: Parts, shift: int) -> None:
    number, value = exact(parts) + shift, approximate(parts) + shift
    nearest = round(value)
    is_whole = abs(value - nearest) < ZERO_BELOW
    assert math.floor(number) == (nearest if is_whole else math.floor(value))
    assert math.ceil(number) == (nearest if is_whole else math.ceil(value))


@given(rationals, rationals)
def test_rational_numbers_are_fractions(a: Fraction, b: Fraction) -> None:
    for apply in (operator.add, operator.sub, operator.mul):
        assert apply(Exact.of(a), Exact.of(b)).fraction() == apply(a, b)
        assert apply(Exact.of(a), b).fraction() == apply(a, b)
        assert apply(a, Exact.of(b)).fraction() == apply(a, b)
    if b:
        assert (Exact.of(a) / b).fraction() == a / b
        assert (a / Exact.of(b)).fraction() == a / b
    assert Exact.of(a) == a
    assert hash(Exact.of(a)) == hash(a)


@given(rationals.filter(bool), radicands.filter(bool))
def test_reciprocal_of_one_term(a: Fraction, b: Fraction) -> None:
    number = Exact.of(b).sqrt() * a
    assert number * number.reciprocal() == 1
    assert number / number == 1
    assert (3 / number) * number == 3


@given(rationals.filter(bool), radicands.filter(bool), rationals.filter(bool), radicands.filter(bool))
def test_reciprocal_of_two_terms(a: Fraction, b: Fraction, c: Fraction, d: Fraction) -> None:
    number = Exact.of(b).sqrt() * a + Exact.of(d).sqrt() * c
    if number:
        assert number * number.reciprocal() == 1
    else:
        with pytest.raises(ZeroDivisionError, match=r"^division by zero$"):
            number.reciprocal()


def test_a_sum_of_three_terms_is_no_divisor() -> None:
    with pytest.raises(ValueError, match=r"^can't divide by the sum 1\*sqrt\(2\) \+ 1\*sqrt\(3\) \+ 1$"):
        1 / (root(2) + root(3) + 1)


def test_int_of_whole_numbers_only() -> None:
    assert int(Exact.of(-7)) == -7
    assert int(root(9)) == 3
    for number in (Exact.of(0.5), root(2)):
        with pytest.raises(ValueError, match=r"is not a whole number$"):
            int(number)


@given(radicands)
def test_square_of_a_root(b: Fraction) -> None:
    assert Exact.of(b).sqrt() * Exact.of(b).sqrt() == b
    assert Exact.of(b * b).sqrt() == b
    assert Exact.of(b * b).sqrt().is_rational


def root(value: int | Fraction) -> Exact:
    return Exact.of(value).sqrt()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (root(8), root(2) * 2),
        (root(Fraction(1, 2)), root(2) / 2),
        (root(2) * root(3), root(6)),
        (root(12) + root(27), root(75)),
        (root(6) * root(10), root(15) * 2),
        (root(Fraction(9, 4)), Exact.of(1.5)),
        (root(50) + 1, 1 + root(2) * 5),
    ],
)
def test_equal_numbers_written_differently(first: Exact, second: Exact) -> None:
    assert first == second
    assert hash(first) == hash(second)
    assert (first - second).sign() == 0
    assert not first < second


def test_a_sum_of_several_roots_that_is_zero() -> None:
    assert (root(12) + root(27) + root(32) - root(75) - root(2) * 4).sign() == 0


def test_nearly_equal_sums_are_told_apart() -> None:
    """Of the two sums of roots of 40 digits each, 120 digits behind the point agree."""
    n = 10**80
    number = root(n + 1) + root(n + 4) - root(n + 2) - root(n + 3)
    assert number.sign() == -1
    assert (-number).sign() == 1


def test_the_square_root_of_zero_is_zero() -> None:
    assert root(0) == 0
    assert root(0).sign() == 0


def test_floor_of_a_huge_irrational_number() -> None:
    """A batch norm whose gamma is nearly zero puts its thresholds there."""
    assert math.floor(root(2) * 10**40) == math.isqrt(2 * 10**80)
    assert math.ceil(root(2) * -(10**40)) == -math.isqrt(2 * 10**80)


def test_floats_are_the_binary_fractions_that_they_are() -> None:
    assert Exact.of(0.1).fraction() == Fraction(0.1) != Fraction(1, 10)
    assert Exact.of(np.float32(0.1)).fraction() == Fraction(float(np.float32(0.1)))
    assert Exact.of(np.int8(-3)).fraction() == -3
    assert Exact.of(np.float16(0.5)) == Fraction(1, 2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float32("nan")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"^-?(nan|inf) is not a finite number$"):
        Exact.of(value)
    with pytest.raises(ValueError, match="is not a finite number"):
        exact_array([1.0, value])


def test_division_by_zero() -> None:
    with pytest.raises(ZeroDivisionError, match=r"^division by zero$"):
        Exact.of(1) / 0


def test_the_root_of_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^square root of the negative number -0\.5$"):
        Exact.of(-0.5).sqrt()


def test_an_irrational_number_is_no_fraction() -> None:
    assert not root(2).is_rational
    with pytest.raises(ValueError, match=r"is irrational$"):
        root(2).fraction()
    with pytest.raises(ValueError, match=r"is irrational$"):
        root(2).sqrt()


@pytest.mark.parametrize("number", [root(2), -root(2), root(2) + root(3) + 1, root(3) / 10**6])
def test_float_is_the_nearest_double_or_its_neighbor(number: Exact) -> None:
    near = float(number)
    below, above = (Exact.of(float(np.nextafter(near, end))) for end in (-np.inf, np.inf))
    assert below < number < above


def test_comparison_with_other_things() -> None:
    assert Exact.of(1) != "1"
    assert Exact.of(1) == 1
    assert root(4) == 2


def test_exact_array_keeps_the_shape_and_every_value() -> None:
    values = np.array([[0.1, 2.0], [-3.5, 0.0]], dtype=np.float32)
    array = exact_array(values)
    assert array.shape == (2, 2)
    assert [v.fraction() for v in array.reshape(-1)] == [Fraction(float(v)) for v in values.reshape(-1)]
    assert exact_array(3).shape == (1,)
    assert exact_array(np.float32(3)).shape == (1,)
    assert exact_array([root(2), 1])[0] == root(2)


def test_exact_array_of_integers_beyond_doubles() -> None:
    assert exact_array(np.array([2**53 + 1]))[0].fraction() == 2**53 + 1


def test_square_root_of_an_array() -> None:
    roots = square_root(exact_array([[4, 2], [0, Fraction(9, 4)]]))
    assert roots.shape == (2, 2)
    assert list(roots.reshape(-1)) == [2, root(2), 0, Fraction(3, 2)]


def test_repr_names_every_term() -> None:
    assert repr(Exact()) == "0"
    assert repr(root(2) * 3 - 1) == "3*sqrt(2) + -1"
