"""Functions that never fall: whether f(x) passes a bound is whether x passes what the bound becomes."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.ir.elementwise import RELU, Clip
from bnngen.ir.monotone import Elu, Leaky, Monotone, Sigmoid, Softplus, Softsign, Tanh
from bnngen.ir.step import ALWAYS, NEVER, Bound
from bnngen.numbers.exact import Exact

RATIONAL = st.fractions(-4, 4, max_denominator=16)


def value(function: Monotone, x: Fraction) -> Exact | Fraction:
    match function:
        case Clip(low, high):
            held = x if low is None else max(Exact.of(x), low)
            return held if high is None else min(Exact.of(held), high)
        case Leaky((slope,)):
            return x if x >= 0 else slope * x
        case Softsign():
            return x / (1 + abs(x))
    raise AssertionError(function)


@pytest.mark.parametrize(
    "function",
    [
        RELU,
        Clip(Exact.of(-1), Exact.of(2)),
        Leaky((Exact.of(Fraction(1, 8)),)),
        Leaky((Exact(),)),
        Softsign(),
    ],
)
@given(x=RATIONAL, t=RATIONAL, strict=st.booleans(), falls=st.booleans())
def test_exact_ones(function: Monotone, x: Fraction, t: Fraction, strict: bool, falls: bool) -> None:
    bound = Bound(Exact.of(t), strict)
    before = bound.passed(Exact.of(value(function, x)), falls)
    assert function.pulled_back(bound, falls).passed(Exact.of(x), falls) == before


def floats(function: Monotone, x: float) -> float:
    match function:
        case Tanh():
            return math.tanh(x)
        case Sigmoid():
            return 1 / (1 + math.exp(-x))
        case Softplus():
            return math.log1p(math.exp(x))
        case Elu(alpha):
            return x if x >= 0 else float(alpha) * math.expm1(x)
    raise AssertionError(function)


SMOOTH = [Tanh(), Sigmoid(), Softplus(), Elu(Exact.of(Fraction(1, 2)))]


@pytest.mark.parametrize("function", SMOOTH)
@given(x=st.fractions(-6, 6, max_denominator=64), t=st.fractions(-2, 2, max_denominator=64))
@pytest.mark.parametrize("falls", [False, True])
def test_smooth_ones(function: Monotone, falls: bool, x: Fraction, t: Fraction) -> None:
    found = floats(function, float(x))
    if abs(found - float(t)) < 1e-9:
        return
    for strict in (False, True):
        passed = function.pulled_back(Bound(Exact.of(t), strict), falls).passed(Exact.of(x), falls)
        assert passed == (found < float(t) if falls else found > float(t))


@pytest.mark.parametrize(
    ("function", "y", "x"),
    [(Tanh(), 0, 0), (Sigmoid(), Fraction(1, 2), 0), (Elu(Exact.of(1)), 0, 0), (Elu(Exact.of(1)), 3, 3)],
)
@pytest.mark.parametrize("strict", [False, True])
def test_ties_are_exact(function: Monotone, y: Fraction, x: Fraction, strict: bool) -> None:
    assert function.pulled_back(Bound(Exact.of(y), strict), False) == Bound(Exact.of(x), strict)


@pytest.mark.parametrize("strict", [False, True])
def test_the_ends_of_a_range_are_never_reached(strict: bool) -> None:
    low, high = (Bound(Exact.of(end), strict) for end in (-1, 1))
    assert Tanh().pulled_back(low, False) == ALWAYS
    assert Tanh().pulled_back(low, True) == NEVER
    assert Tanh().pulled_back(high, False) == NEVER
    assert Tanh().pulled_back(high, True) == ALWAYS
    assert Tanh().pulled_back(ALWAYS, True) == ALWAYS


def test_one_behind_the_other() -> None:
    """A bound that is itself a logarithm."""
    bound = Tanh().pulled_back(Bound(Exact.of(Fraction(1, 2)), False), False)
    twice = Tanh().pulled_back(bound, False)
    assert twice.value is not None
    assert float(twice.value) == pytest.approx(math.atanh(math.atanh(0.5)))


@pytest.mark.parametrize(
    ("function", "low", "high", "reach"),
    [
        (RELU, None, None, (0, None)),
        (RELU, 2, 3, (2, 3)),
        (RELU, -3, -2, (0, 0)),
        (Clip(Exact.of(-1), Exact.of(1)), None, None, (-1, 1)),
        (Clip(Exact.of(-1), Exact.of(1)), 0, None, (0, 1)),
        (Leaky((Exact.of(Fraction(1, 4)), Exact.of(2))), -4, 3, (-8, 3)),
        (Leaky((Exact.of(Fraction(1, 4)), Exact.of(2))), -8, -4, (-16, -1)),
        (Leaky((Exact(),)), None, 3, (0, 3)),
        (Leaky((Exact.of(1),)), None, None, (None, None)),
        (Tanh(), None, None, (-1, 1)),
        (Softplus(), None, None, (0, None)),
        (Elu(Exact.of(3)), None, None, (-3, None)),
    ],
)
def test_ranges(function: Monotone, low: int | None, high: int | None, reach: tuple[int | None, ...]) -> None:
    ends = (None if end is None else Exact.of(end) for end in (low, high))
    assert function.reach(*ends) == reach
