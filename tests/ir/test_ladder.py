"""A ladder does all that a row of single thresholds does, and the same."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.ir.elementwise import Clip
from bnngen.ir.ladder import FIRST, LAST, Ladder
from bnngen.ir.step import Bound, Row
from bnngen.numbers.exact import Exact
from bnngen.numbers.rounding import ROUNDING_MODES, bound
from bnngen.passes.affine_into_step import _row as behind_affine
from bnngen.passes.falling_to_negated import _negated
from bnngen.passes.integerize import _integer_row
from bnngen.passes.monotone_into_step import _row as behind_clip

RATIONALS = st.fractions(-20, 20, max_denominator=8)
ROOTS = st.builds(lambda f, n: Exact.of(n).sqrt() * f, RATIONALS, st.integers(2, 7))
NUMBERS = st.one_of(st.builds(Exact.of, RATIONALS), st.builds(lambda a, b: a + b, ROOTS, RATIONALS))
NOT_ZERO = NUMBERS.filter(bool)


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Few thresholds, some of them always or never passed."""
    first, count = draw(st.integers(-5, 5)), draw(st.integers(1, 6))
    steps = sorted(draw(st.lists(st.integers(first, first + count), min_size=1, max_size=6)))
    ends = [[FIRST] * draw(st.integers(0, 2)), [LAST] * draw(st.integers(0, 2))]
    mode = draw(st.sampled_from(ROUNDING_MODES[:-1]))
    row = Ladder(mode, (*ends[0], *steps, *ends[1])).behind(draw(NOT_ZERO), draw(NUMBERS))
    assert isinstance(row, Ladder)
    return row


def falls(ladder: Ladder) -> bool:
    return ladder.mul.sign() < 0


def count(row: Row, x: Exact, falling: bool) -> int:
    return sum(single.passed(x, falling) for single in row)


@given(ladders(), NUMBERS)
def test_how_many_thresholds_are_passed(ladder: Ladder, x: Exact) -> None:
    assert ladder.passed(x) == count(tuple(ladder), x, falls(ladder))


@given(ladders(), st.lists(st.integers(-300, 300), min_size=1))
def test_how_many_whole_numbers_pass(ladder: Ladder, xs: list[int]) -> None:
    wanted = [count(tuple(ladder), Exact.of(x), falls(ladder)) for x in xs]
    assert ladder.passed_by(np.array(xs)).tolist() == wanted


@given(ladders(), NUMBERS, NUMBERS)
def test_behind_an_affine(ladder: Ladder, mul: Exact, add: Exact) -> None:
    single = behind_affine(tuple(ladder), mul, add, falls(ladder))
    assert behind_affine(ladder, mul, add, falls(ladder)) == single


@given(ladders(), st.none() | NUMBERS, st.none() | NUMBERS)
def test_behind_a_clip(ladder: Ladder, low: Exact | None, high: Exact | None) -> None:
    if low is not None and high is not None and high < low:
        low, high = high, low
    single = behind_clip(tuple(ladder), Clip(low, high), falls(ladder))
    assert behind_clip(ladder, Clip(low, high), falls(ladder)) == single


@given(ladders())
def test_negated(ladder: Ladder) -> None:
    assert _negated(ladder, True) == _negated(tuple(ladder), True)


@given(ladders(), st.integers(-100, 0), st.integers(0, 100))
def test_whole_thresholds(ladder: Ladder, lo: int, hi: int) -> None:
    for turned in {falls(ladder), falls(ladder) and ladder.decides}:
        single = _integer_row(tuple(ladder), turned, lo, hi)
        assert _integer_row(ladder, turned, lo, hi) == single


@given(ladders(), NUMBERS)
def test_the_complement_is_passed_where_the_threshold_is_not(ladder: Ladder, x: Exact) -> None:
    for single, other in zip(ladder, ladder.complement(), strict=True):
        assert single.passed(x, falls(ladder)) != other.passed(x, not falls(ladder))


def test_ties_are_as_the_mode_says() -> None:
    """Half to even: 1/2 stays below 1, and 3/2 reaches 2."""
    ladder = Ladder("half_even", (1, 2)).behind(Exact.of(Fraction(1, 2)), Exact())
    assert isinstance(ladder, Ladder)
    assert [ladder.passed(Exact.of(x)) for x in (1, 2, 3)] == [0, 1, 2]
    assert list(ladder) == [Bound(Exact.of(1), strict=True), Bound(Exact.of(3), strict=False)]
    assert ladder.integers(-10, 10, False) == [2, 3]


def test_an_irrational_scale_that_meets_a_whole_number() -> None:
    """sqrt(2)*(x - 3) + 1/2 is 1/2 at 3."""
    root = Exact.of(2).sqrt()
    for mode, threshold in (("half_up", 3), ("half_down", 4)):
        ladder = Ladder(mode, (1,)).behind(root, Exact.of(Fraction(1, 2)) - root * 3)
        assert isinstance(ladder, Ladder)
        assert ladder.integers(-9, 9, False) == [threshold]


@pytest.mark.parametrize("mode", ROUNDING_MODES[:-1])
def test_a_rational_threshold_of_an_irrational_scale(mode: str) -> None:
    """sqrt(2)*(x - 3) is 0 at 3."""
    root = Exact.of(2).sqrt()
    for edge in (Fraction(0), Fraction(1, 2)):
        ladder = Ladder(mode, (-1, 0, 1)).behind(root, root * -3 + edge)
        assert isinstance(ladder, Ladder)
        assert ladder.integers(-9, 9, False) == _integer_row(tuple(ladder), False, -9, 9)


def test_bounds_are_those_of_the_rounding() -> None:
    for mode in ROUNDING_MODES[:-1]:
        ladder = Ladder(mode, tuple(range(-3, 4)))
        assert [(b.value, b.strict) for b in ladder] == [bound(mode, k) for k in range(-3, 4)]
