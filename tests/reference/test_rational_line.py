"""Fractions that stand for irrational numbers, and give the same codes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES, round_exactly
from bnngen.reference.input_quantizer import Quantizer, rounding_edges, uniform_row
from bnngen.reference.rational_line import between_floats, rational_line

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
    fractions = rational_line(found[0], found[1], edges)
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
    assert -offset < Fraction(math.nextafter(2, 3))


@settings(max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 40))
def test_between_floats(x: float, part: int) -> None:
    """Next to a float, in parts of the way to the next one, or to the next integer."""
    after = math.nextafter(x, math.inf)
    if after == math.inf:
        return
    low, high = Fraction(x), min(Fraction(after), Fraction(math.floor(x) + 1))
    near = low + (high - low) / (part + 1)
    bits = 1200
    assert between_floats(math.floor(near * 2**bits), math.ceil(near * 2**bits) + 1, bits)
    for end in (low, high):
        assert not between_floats(math.floor(end * 2**bits) - 1, math.ceil(end * 2**bits) + 1, bits)
        assert not between_floats(math.floor(end * 2**bits), math.ceil(end * 2**bits), bits)
    assert not between_floats(math.floor((low - 1) * 2**bits), math.ceil(near * 2**bits), bits)


def test_beyond_all_floats() -> None:
    """There are integers still."""
    assert between_floats((1 << 1300) + 1, (1 << 1300) + 2, 4)
    assert not between_floats((1 << 1300) + 15, (1 << 1300) + 17, 4)


def test_numbers_of_several_roots() -> None:
    """Those without a reciprocal are not of a batch norm's kind; others are."""
    mul = ROOT + Exact.of(3).sqrt()
    slope, offset = line(mul, ROOT * 5 - 1, "half_even", IntType(-2, 1))
    assert abs(slope - mul) < Fraction(1, 1 << 60)
    assert abs(offset - ROOT * 5 + 1) < Fraction(1, 1 << 58)


@pytest.mark.parametrize("size", [Fraction(1, 1 << 400), Fraction(1), Fraction(1 << 400)])
def test_any_size(size: Fraction) -> None:
    mul, add = ROOT * size, ROOT * 7
    slope, _ = line(mul, add, "half_even", IntType(-8, 7))
    assert abs(slope - mul) < size * Fraction(1, 1 << 60)
