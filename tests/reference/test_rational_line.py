"""Fractions that stand for irrational numbers, and give the same codes."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES, round_exactly
from bnngen.reference.input_quantizer import Quantizer, rounding_edges, uniform_row
from bnngen.reference.rational_line import rational_line, same_floats

ROOT = Exact.of(2).sqrt()
floats = st.floats(-1e3, 1e3, width=32).map(Fraction)
roots = st.integers(2, 99).map(lambda n: Exact.of(n).sqrt())


def line(mul: Exact, add: Exact, mode: str, type_: IntType) -> tuple[Exact, Exact]:
    """What stands for mul and add, through the thresholds that they mean."""
    quantizer = Quantizer(exact_array(mul), exact_array(add), mode, type_)
    falling, row = quantizer.thresholds(0)
    found = uniform_row(row, falling, type_)
    assert found is not None
    edges = [edge for edge, _ in rounding_edges(found[2], type_)]
    fractions = rational_line(found[0], found[1], row, edges)
    assert fractions is not None
    assert all(number.is_rational for number in fractions)
    return fractions


def doubles_around(value: Exact) -> list[float]:
    """The five nearest floats on either side."""
    x = float(value)
    below, above = [x], [x]
    for _ in range(5):
        below.append(math.nextafter(below[-1], -math.inf))
        above.append(math.nextafter(above[-1], math.inf))
    return [*below, *above, float(math.floor(value)), float(math.ceil(value))]


@settings(max_examples=60)
@given(
    gamma=floats.filter(bool),
    root=roots,
    shift=floats,
    beta=floats,
    mode=st.sampled_from(ROUNDING_MODES),
    bits=st.integers(1, 4),
)
def test_every_float_around_every_threshold_keeps_its_code(
    gamma: Fraction, root: Exact, shift: Fraction, beta: Fraction, mode: str, bits: int
) -> None:
    """A batch norm: gamma * (x - shift) / root + beta, then rounded in any way."""
    assume(abs(gamma) > Fraction(1, 1000))
    type_ = BIPOLAR if mode == "sign" else IntType(-(1 << bits - 1), (1 << bits - 1) - (bits > 1))
    mul = gamma / root
    add = beta - shift * mul
    slope, offset = line(mul, add, mode, type_)
    found = Quantizer(exact_array(slope), exact_array(offset), _mode(mul, add, mode, type_), type_)
    for threshold, _ in found.thresholds(0)[1]:
        x = doubles_around(threshold)
        wanted = [min(max(round_exactly(mul * Exact.of(v) + add, mode), type_.lo), type_.hi) for v in x]
        assert found.quantize(np.array(x)).tolist() == wanted


def _mode(mul: Exact, add: Exact, mode: str, type_: IntType) -> str:
    falling, row = Quantizer(exact_array(mul), exact_array(add), mode, type_).thresholds(0)
    found = uniform_row(row, falling, type_)
    assert found is not None
    return found[2]


def test_the_one_rational_threshold_stays() -> None:
    """Of sqrt(2)*(x - 3): the float 3 lies just on the threshold of 0, rounded down. (A half less, and rounded
    to the nearest, is the same.)"""
    slope, offset = line(ROOT, ROOT * -3, "floor", IntType(-4, 3))
    assert slope * 3 + offset == Fraction(-1, 2)
    quantizer = Quantizer(exact_array(slope), exact_array(offset), "half_up", IntType(-4, 3))
    x = [math.nextafter(3, 0), 3.0, math.nextafter(3, 4)]
    assert quantizer.quantize(np.array(x)).tolist() == [-1, 0, 0]


def test_rational_numbers_stay() -> None:
    mul, add = Exact.of(Fraction(1, 3)), Exact.of(Fraction(2, 7))
    assert line(mul, add, "half_even", IntType(0, 3)) == (mul, add)


def test_an_irrational_offset_alone() -> None:
    mul, add = line(Exact.of(3), ROOT, "half_even", IntType(0, 3))
    assert mul == 3
    assert abs(add - ROOT) < Fraction(1, 1 << 60)


def test_the_numbers_are_short() -> None:
    """Some dozen digits: hosts compute with them."""
    for number in line(ROOT / 3, ROOT, "half_even", IntType(-8, 7)):
        assert number.fraction().denominator.bit_length() < 100


def test_a_threshold_next_to_a_float() -> None:
    """sqrt(4 + 2^-300) is so near 2 that the first fractions lie on the wrong side."""
    near = (Exact.of(Fraction(4) + Fraction(1, 1 << 300))).sqrt()
    assert not near.is_rational
    slope, offset = line(Exact.of(1), -near, "sign", BIPOLAR)
    assert slope == 1
    assert -offset > 2
    assert -offset < math.nextafter(2, 3)


@pytest.mark.parametrize("strict", [False, True])
def test_what_passes_a_float_is_not_the_same(strict: bool) -> None:
    for value in (ROOT, ROOT * (1 << 60), ROOT * Fraction(1, 1 << 1060), -ROOT):
        x = sorted(map(Fraction, doubles_around(value)))
        inside = next((low, high) for low, high in pairwise(x) if Exact.of(low) < value < Exact.of(high))
        middle = (inside[0] + inside[1]) / 2
        whole = math.floor(value) != math.floor(Exact.of(middle))
        assert same_floats((value, strict), middle) != whole
        for outside in (inside[0], inside[1]):
            assert not same_floats((value, strict), outside + (outside - middle))
        low, high = inside
        if not whole:
            assert same_floats((value, strict), low) == strict
            assert same_floats((value, strict), high) != strict


def test_beyond_all_floats() -> None:
    """Nothing passes there, or everything."""
    huge = ROOT * (1 << 1200)
    assert not same_floats((huge, False), Fraction(1 << 1201))
    assert same_floats((huge, False), math.ceil(huge) - Fraction(1, 3))
