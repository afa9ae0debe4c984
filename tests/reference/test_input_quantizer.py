"""The input's quantiser, and finding one behind a row of thresholds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.enclosed import enclosed, logarithm
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES, bound, round_exactly
from bnngen.reference.input_quantizer import Quantizer, uniform_row

LEVEL_MODES = [mode for mode in ROUNDING_MODES if mode != "sign"]
muls = st.fractions(-3, 3, max_denominator=5).filter(bool)
adds = st.fractions(-3, 3, max_denominator=6)
types = st.tuples(st.integers(-4, 2), st.integers(1, 7)).map(lambda t: IntType(t[0], t[0] + t[1]))


def test_one_quantizer_for_each_channel() -> None:
    quantizer = Quantizer(
        exact_array([1, 2, -1]), exact_array([0, Fraction(1, 2), 0]), "floor", IntType(-2, 2)
    )
    x = np.array([[[0.75, 0.75, 0.75]], [[-9.0, 0.25, 0.0]]])
    assert quantizer.quantize(x).tolist() == [[[0, 2, -1]], [[-2, 1, 0]]]


def test_a_bipolar_quantizer_makes_plus_one_of_zero() -> None:
    quantizer = Quantizer(exact_array(1), exact_array(0), "sign", BIPOLAR)
    x = np.array([-1e-320, -0.0, 0.0, 1e-320, -5, 5])
    assert quantizer.quantize(x).tolist() == [-1, 1, 1, 1, -1, 1]


@pytest.mark.parametrize("mode", LEVEL_MODES)
@settings(max_examples=40)
@given(mul=muls, add=adds, type_=types)
def test_the_thresholds_of_a_rounding_give_the_rounding_back(
    mode: str, mul: Fraction, add: Fraction, type_: IntType
) -> None:
    edges = [bound(mode, k) for k in range(type_.lo + 1, type_.hi + 1)]
    row = [(Exact.of((edge - add) / mul), strict) for edge, strict in edges]
    found = uniform_row(row, mul < 0, type_)
    assert found is not None
    for value in [
        *(v for v, _ in row),
        *(v + Fraction(1, 100) for v, _ in row),
        row[0][0] - 1,
        row[-1][0] + 1,
    ]:
        expected = min(max(round_exactly(value * mul + add, mode), type_.lo), type_.hi)
        code = round_exactly(value * found[0] + found[1], found[2])
        assert min(max(code, type_.lo), type_.hi) == expected


@pytest.mark.parametrize("falling", [False, True])
def test_a_bipolar_row_is_a_sign(falling: bool) -> None:
    found = uniform_row([(Exact.of(Fraction(1, 2)), False)], falling, BIPOLAR)
    assert found == ((-1, Fraction(1, 2), "sign") if falling else (1, -Fraction(1, 2), "sign"))
    assert uniform_row([(Exact(), True)], falling, BIPOLAR) is None


@pytest.mark.parametrize(
    "values", [[0, 1, 3], [0, 0, 0], [0, 1, 1], [0, Exact.of(2).sqrt(), Exact.of(3).sqrt()]]
)
def test_thresholds_that_are_no_rounding(values: list[Any]) -> None:
    row = [(Exact.of(v), False) for v in values]
    assert uniform_row(row, False, IntType(0, 3)) is None


def test_levels_of_one_threshold_from_both_sides() -> None:
    """UP makes -1 of everything below 0, 0 of 0, and 1 of everything above."""
    row = [(Exact.of(3), False), (Exact.of(3), True)]
    assert uniform_row(row, False, IntType(-1, 1)) == (1, -3, "up")
    assert uniform_row(row, True, IntType(-1, 1)) == (-1, 3, "up")
    assert uniform_row([row[0], (Exact.of(4), True)], False, IntType(-1, 1)) != (1, -3, "up")


def test_mixed_strictness_that_no_mode_has() -> None:
    row = [(Exact.of(0), True), (Exact.of(1), True), (Exact.of(2), False)]
    assert uniform_row(row, False, IntType(0, 3)) is None


def test_logarithms_are_no_rounding() -> None:
    """Thresholds of a Tanh in front: hosts compute with fractions."""
    row: list[tuple[Exact, bool]] = [
        (enclosed(*logarithm(Fraction(k), Fraction(k))), False) for k in (2, 3, 5)
    ]
    assert uniform_row(row, False, IntType(0, 3)) is None
    assert uniform_row(row[:1], False, BIPOLAR) is None
