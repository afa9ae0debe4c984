"""Tables and comparisons give the codes that rounding gives, at every boundary."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.numbers.rounding import ROUNDING_MODES
from bnngen.reference.input_codes import encode, encode_integers
from bnngen.reference.input_quantizer import Quantizer

NUMBERS = st.fractions(-9, 9, max_denominator=7)
MANY = 1 << 15  # enough elements for comparisons to pay


def quantizer(mul: object, add: object, rounding: str, lo: int = -1, hi: int = 1) -> Quantizer:
    type_ = BIPOLAR if rounding == "sign" else IntType(lo, hi)
    return Quantizer(exact_array(mul), exact_array(add), rounding, type_)


def near_boundaries(q: Quantizer, dtype: Any) -> np.ndarray:
    """Floats on both sides of every place where a code changes, in random order: (frames, 4, C)."""
    halves = np.arange(2 * q.type.lo - 3, 2 * q.type.hi + 4) / 2
    mul, add = (a.astype(np.float64)[:, None] for a in (q.mul, q.add))
    points = ((halves - add) / mul).astype(dtype)
    around = [points, np.nextafter(points, dtype(np.inf)), np.nextafter(points, dtype(-np.inf))]
    values = np.append(np.concatenate(around, axis=1), np.zeros((len(points), 1), dtype), axis=1)
    chosen = np.random.default_rng(0).integers(0, values.shape[1], (MANY // 4 + 1, 4))
    return np.stack([row[chosen] for row in values], axis=-1)


@settings(max_examples=40)
@given(
    st.sampled_from(ROUNDING_MODES),
    st.sampled_from([np.float32, np.float64]),
    st.lists(st.tuples(NUMBERS.filter(bool), NUMBERS), min_size=1, max_size=3),
    st.integers(-4, 3),
    st.integers(1, 4),
)
def test_floats_on_boundaries(rounding: str, dtype: Any, rows: list[Any], lo: int, levels: int) -> None:
    mul, add = zip(*rows, strict=True)
    q = quantizer(mul, add, rounding, lo, lo + levels)
    x = near_boundaries(q, dtype)
    assert np.array_equal(encode(x, q), q.quantize(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_of_a_float_type(dtype: Any) -> None:
    """Edges at zero, among the smallest numbers, and beyond the greatest."""
    info = np.finfo(dtype)
    values = np.array(
        [0.0, -0.0, info.smallest_subnormal, -info.smallest_subnormal, info.max, info.min, 1, -1], dtype
    )
    x = np.resize(values, (MANY, 1))
    for mul, add in ((1, 0), (1, Fraction(-1, 10**400)), (Fraction(1, 10**320), 0), (10**300, 0)):
        for q in (quantizer(mul, add, "sign"), quantizer(mul, add, "floor", -2, 1)):
            assert np.array_equal(encode(x, q), q.quantize(x))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_many_levels_are_rounded(dtype: Any) -> None:
    q = quantizer(255, Fraction(1, 3), "half_even", 0, 255)
    x = np.random.default_rng(1).random((50, 9, 100)).astype(dtype)
    assert np.array_equal(encode(x, q), q.quantize(x))


@given(
    st.sampled_from([np.uint8, np.int8, np.uint16, np.int16, np.int64, np.uint64]),
    st.integers(-300, 300),
    st.integers(0, 300),
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=2),
    st.sampled_from([None, 1 / 255, -0.1]),
)
def test_integers(dtype: Any, low: int, span: int, rows: list[Any], scale: float | None) -> None:
    info = np.iinfo(dtype)
    low = min(max(low, info.min), info.max - 1)
    high = min(low + span, info.max)
    mul, add = zip(*rows, strict=True)
    q = quantizer(mul, add, "half_even", -50, 50)
    x = np.random.default_rng(0).integers(low, high, (40, 30, len(rows)), dtype=dtype, endpoint=True)
    codes = encode_integers(x, q, scale)
    assert codes is not None
    assert np.array_equal(codes, q.quantize(x if scale is None else x.astype(np.float64) * scale))


@pytest.mark.parametrize(
    ("x", "scale"),
    [
        (np.zeros((0, 4), np.uint8), None),
        (np.array([[0, 255]], np.uint8), None),  # the table would be larger than the data
        (np.tile(np.array([0, 1 << 20]), (600_000, 1)), None),
        (np.full((9, 9), 1 << 63, np.uint64), None),
        (np.full((9, 9), 2, np.uint8), 1e308),
    ],
)
def test_no_table_where_none_pays(x: np.ndarray, scale: float | None) -> None:
    assert encode_integers(x, quantizer(1, 0, "sign"), scale) is None


def test_no_frames() -> None:
    assert encode(np.zeros((0, 3)), quantizer(1, 0, "sign")).shape == (0, 3)
