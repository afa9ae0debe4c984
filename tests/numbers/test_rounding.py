"""Every rounding mode against its plain definition on fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import QONNX_MODES, ROUNDING_MODES, bound, round_affine, round_exactly

HALF = Fraction(1, 2)


def away(v: Fraction, magnitude: Callable[[Fraction], int]) -> int:
    """Round the magnitude and keep the sign."""
    return magnitude(abs(v)) * (1 if v >= 0 else -1)


DEFINITIONS: dict[str, Callable[[Fraction], int]] = {
    "half_even": round,
    "half_up": lambda v: math.floor(v + HALF),
    "half_down": lambda v: math.ceil(v - HALF),
    "half_away": lambda v: away(v, lambda m: math.floor(m + HALF)),
    "half_toward": lambda v: away(v, lambda m: math.ceil(m - HALF)),
    "up": lambda v: away(v, math.ceil),
    "down": lambda v: away(v, math.floor),
    "ceil": math.ceil,
    "floor": math.floor,
    "half_odd": lambda v: round(v - 1) + 1,
    "sign": lambda v: 1 if v >= 0 else -1,
}
LEVEL_MODES = [mode for mode in ROUNDING_MODES if mode != "sign"]

TABLE = """
            ROUND CEIL FLOOR UP DOWN HALF_UP HALF_DOWN
 5.5        6     6    5     6  5    6       5
 2.5        2     3    2     3  2    3       2
 1.6        2     2    1     2  1    2       2
 1.1        1     2    1     2  1    1       1
 1.0        1     1    1     1  1    1       1
-1.0       -1    -1   -1    -1 -1   -1      -1
-1.1       -1    -1   -2    -2 -1   -1      -1
-1.6       -2    -1   -2    -2 -1   -2      -2
-2.5       -2    -2   -3    -3 -2   -3      -2
-5.5       -6    -5   -6    -6 -5   -6      -5
"""


def test_every_mode_has_a_definition_here() -> None:
    assert set(DEFINITIONS) == set(ROUNDING_MODES)


def test_the_qonnx_modes_give_what_qonnx_specifies() -> None:
    names, *rows = [line.split() for line in TABLE.strip().splitlines()]
    for value, *results in rows:
        for name, result in zip(names, results, strict=True):
            assert round_exactly(Exact.of(Fraction(value)), QONNX_MODES[name]) == int(result), (name, value)


def test_other_names_of_qonnx_modes() -> None:
    assert QONNX_MODES["HALF_EVEN"] == QONNX_MODES["ROUND"] == "half_even"
    assert QONNX_MODES["ROUND_TO_ZERO"] == QONNX_MODES["DOWN"] == "down"


@pytest.mark.parametrize("mode", LEVEL_MODES)
def test_bound_says_where_a_level_is_reached(mode: str) -> None:
    values = [Fraction(n, 8) for n in range(-48, 49)]
    for k in range(-5, 6):
        edge, strict = bound(mode, k)
        for v in values:
            reached = v > edge if strict else v >= edge
            assert reached == (DEFINITIONS[mode](v) >= k), (k, v)


@pytest.mark.parametrize("mode", ROUNDING_MODES)
@settings(max_examples=30)
@given(value=st.fractions(-9, 9, max_denominator=16))
def test_round_exactly_follows_the_definition(mode: str, value: Fraction) -> None:
    assert round_exactly(Exact.of(value), mode) == DEFINITIONS[mode](value)


@pytest.mark.parametrize("mode", ROUNDING_MODES)
@settings(max_examples=30)
@given(a=st.integers(-20, 20).filter(bool), b=st.fractions(-4, 4, max_denominator=4))
def test_round_exactly_of_irrational_numbers(mode: str, a: int, b: Fraction) -> None:
    near = a * Fraction(math.isqrt(2 << 600), 1 << 300) + b
    assert round_exactly(Exact.of(2).sqrt() * a + b, mode) == DEFINITIONS[mode](near)


def reference(x: np.ndarray, mul: list[Any], add: list[Any], mode: str, lo: int, hi: int) -> list[int]:
    """Element by element in fractions; the channels of x are its last axis."""
    flat = []
    for i, value in enumerate(x.reshape(-1).tolist()):
        v = Fraction(mul[i % len(mul)]) * Fraction(value) + Fraction(add[i % len(add)])
        flat.append(min(max(DEFINITIONS[mode](v), lo), hi))
    return flat


def beside(values: list[float], dtype: type = np.float64) -> np.ndarray:
    """Each value with its neighbours on both sides."""
    exact: np.ndarray = np.array(values, dtype=dtype)
    below, above = (np.nextafter(exact, dtype(end)) for end in (-np.inf, np.inf))
    return np.stack([below, exact, above]).reshape(-1)


@pytest.mark.parametrize("mode", ROUNDING_MODES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("mul", "add"),
    [
        (Fraction(1), Fraction(0)),
        (Fraction(1, 3), Fraction(0)),
        (Fraction(-1, 3), Fraction(1, 6)),
        (Fraction(255), Fraction(-1, 2)),
        (Fraction(2, 255), Fraction(-1)),
        (1 / Fraction(0.1), Fraction(1, 10)),
        (Fraction(0), Fraction(1, 2)),
        (Fraction(1, 10**30), Fraction(-1, 2)),
    ],
)
def test_round_affine_on_and_beside_ties(mode: str, dtype: type, mul: Fraction, add: Fraction) -> None:
    halves = [Fraction(n, 2) for n in range(-9, 10)]
    ties = [float((v - add) / mul) for v in halves] if mul else [0.0, 1.0]
    x = beside([*ties, 0.0, 1e-300 if dtype is np.float64 else 1e-40], dtype)
    codes = round_affine(x, exact_array(mul), exact_array(add), mode, -4, 3)
    assert codes.dtype == np.int64
    assert codes.tolist() == reference(x, [mul], [add], mode, -4, 3)


@pytest.mark.parametrize("mode", ROUNDING_MODES)
@settings(max_examples=30)
@given(data=st.data())
def test_round_affine_for_each_channel(mode: str, data: st.DataObject) -> None:
    channels = data.draw(st.integers(1, 3))
    parameter = st.fractions(-3, 3, max_denominator=6)
    mul = data.draw(st.lists(parameter, min_size=channels, max_size=channels))
    add = data.draw(st.sampled_from([mul[:1], mul, [Fraction(1, 2)]]))
    steps = data.draw(st.lists(st.integers(-24, 24), min_size=2 * channels, max_size=2 * channels))
    x = (np.array(steps) / 4).reshape(2, channels)
    codes = round_affine(x, exact_array(mul), exact_array(add), mode, -3, 5)
    assert codes.shape == x.shape
    assert codes.reshape(-1).tolist() == reference(x, mul, add, mode, -3, 5)


@pytest.mark.parametrize("mode", ROUNDING_MODES)
def test_round_affine_of_a_tie_that_doubles_miss(mode: str) -> None:
    """3602879701896397/2**55 is the double 0.1; times 5 plus this add is exactly 1/2."""
    add = HALF - 5 * Fraction(0.1)
    for nudge in (Fraction(0), Fraction(1, 10**30), -Fraction(1, 10**30)):
        codes = round_affine(np.array([0.1]), exact_array(5), exact_array(add + nudge), mode, -1, 1)
        assert codes.tolist() == [DEFINITIONS[mode](HALF + nudge)]


def test_round_affine_takes_integers_as_they_are() -> None:
    big = np.array([2**53 + 1, 2**53, -(2**53) - 1])
    codes = round_affine(big, exact_array(1), exact_array(-(2**53)), "floor", -100, 100)
    assert codes.tolist() == [1, 0, -100]
    pixels = np.arange(256, dtype=np.uint8)
    codes = round_affine(pixels, exact_array(Fraction(2, 255)), exact_array(-1), "sign", -1, 1)
    assert codes.tolist() == [-1] * 128 + [1] * 128


@pytest.mark.parametrize("mode", ROUNDING_MODES)
def test_round_affine_clips_what_is_beyond_doubles(mode: str) -> None:
    x = np.array([1e308, -1e308])
    codes = round_affine(x, exact_array(10**9), exact_array(0), mode, -1, 1)
    assert codes.tolist() == [1, -1]


def test_round_affine_of_nothing() -> None:
    codes = round_affine(np.zeros((0, 3)), exact_array(1), exact_array(0), "floor", 0, 1)
    assert codes.shape == (0, 3)
