"""Numbers between bounds: logarithms, and what may be decided of them."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.numbers.enclosed import BITS, Enclosed, bounds, enclosed, exponential, logarithm
from bnngen.numbers.exact import Exact

POSITIVE = st.fractions(Fraction(1, 10**12), 10**12)
ROOT = Exact.of(2).sqrt()


def ln(x: Fraction) -> Enclosed:
    return enclosed(*logarithm(x, x))


@given(x=POSITIVE)
def test_logarithms(x: Fraction) -> None:
    low, high = logarithm(x, x)
    assert low <= high < low + Fraction(1, 2 ** (BITS - 20))
    assert math.isclose(low, math.log(x), rel_tol=1e-14, abs_tol=1e-14)


@given(x=POSITIVE, y=POSITIVE)
def test_a_logarithm_of_a_product_is_a_sum(x: Fraction, y: Fraction) -> None:
    """Independent bounds of one number overlap."""
    (a, b), (c, d), (low, high) = logarithm(x, x), logarithm(y, y), logarithm(x * y, x * y)
    assert low <= b + d
    assert a + c <= high


@given(x=st.fractions(-30, 30))
def test_exponentials(x: Fraction) -> None:
    low, high = exponential(x, x)
    assert low <= high < low * (1 + Fraction(1, 2 ** (BITS - 80)))
    assert math.isclose(low, math.exp(x), rel_tol=1e-13)
    back = logarithm(low, high)
    assert back[0] <= x <= back[1]


def test_large_exponents_are_refused() -> None:
    with pytest.raises(
        ValueError, match="takes the exponential of 2000; scale the values to a sensible size"
    ):
        exponential(Fraction(2000), Fraction(2000))


@given(m=st.fractions(-9, 9), a=st.fractions(-9, 9))
def test_what_is_decided(m: Fraction, a: Fraction) -> None:
    third, value = ln(Fraction(1, 3)), math.log(1 / 3)
    for factor, expected in ((Exact.of(m), float(m)), (ROOT * m, math.sqrt(2) * float(m))):
        if not m:
            assert third * factor + a == a
            continue
        number = third * factor + a
        result = value * expected + float(a)
        if abs(result - round(result)) > 1e-6:
            assert math.floor(number) == math.floor(result)
            assert math.ceil(number) == math.ceil(result)
            assert number.sign() == (1 if result > 0 else -1)
            assert (Exact.of(2) < number) == (result > 2)
        assert float(Exact.of(1) - number) == pytest.approx(1 - result, abs=1e-9)
        assert float(number / ROOT) == pytest.approx(result / math.sqrt(2), abs=1e-9)


def test_it_is_no_exact_number() -> None:
    third = ln(Fraction(1, 3))
    assert third != Exact.of(Fraction(math.log(1 / 3)))
    assert third == ln(Fraction(1, 3))
    assert hash(third) == hash(ln(Fraction(1, 3)))
    assert third
    assert not third.is_rational
    for use in (third.fraction, lambda: third.terms):
        with pytest.raises(ValueError, match=r"about -1.0986"):
            use()


def test_what_is_not_decided_is_refused() -> None:
    doubtful = enclosed(Fraction(-1), Fraction(1, 2))
    with pytest.raises(
        ValueError, match="of which 320 bits don't decide its sign; move its scale by a little"
    ):
        doubtful.sign()
    with pytest.raises(ValueError, match="on which side of a whole number it lies"):
        math.floor(doubtful)
    with pytest.raises(ValueError, match="on which side of a whole number it lies"):
        math.floor(enclosed(Fraction(1), Fraction(3, 2)))


def test_bounds_of_what_is_known() -> None:
    assert bounds(Exact.of(3)) == (3, 3)
    low, high = bounds(ROOT)
    assert low**2 < 2 < high**2
    assert bounds(ln(Fraction(2)) * ROOT)[0] < Fraction(math.log(2) * math.sqrt(2)) + Fraction(1, 2**50)
