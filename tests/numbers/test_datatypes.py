"""Integer types: ranges, bits, and which values they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType

ends = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(lambda e: (min(e), max(e)))


@given(ends)
def test_the_bits_are_the_fewest_that_hold_the_range(lo_hi: tuple[int, int]) -> None:
    type_ = IntType(*lo_hi)
    lo, hi = lo_hi
    for bits in range(1, 12):
        unsigned_fits = lo >= 0 and hi < 1 << bits
        signed_fits = lo >= -(1 << (bits - 1)) and hi < 1 << (bits - 1)
        assert (type_.bits <= bits) == (unsigned_fits or (lo < 0 and signed_fits))
    assert type_.encoding.kind == ("unsigned" if lo >= 0 else "signed")


@given(ends, st.integers(-302, 302))
def test_holds_what_is_in_the_range(lo_hi: tuple[int, int], value: int) -> None:
    type_ = IntType(*lo_hi)
    assert type_.holds(np.array([lo_hi[0], lo_hi[1]]))
    assert type_.holds(np.array([value, lo_hi[0]])) == (lo_hi[0] <= value <= lo_hi[1])


def test_bipolar_is_one_bit_and_never_zero() -> None:
    assert BIPOLAR.bits == 1
    assert BIPOLAR.encoding.kind == "bipolar"
    assert BIPOLAR.holds(np.array([-1, 1, 1]))
    assert not BIPOLAR.holds(np.array([-1, 0]))
    assert not BIPOLAR.holds(np.array([2]))
    assert IntType(-1, 1).bits == 2
    assert IntType(-1, 1) != BIPOLAR


def test_values_of_every_type_of_integers_are_compared_as_they_are() -> None:
    """-1 is not the greatest uint64, nor outside of what a uint8 compares with."""
    greatest = np.array([1, 2**64 - 1], np.uint64)
    assert IntType(-1, 2**64).holding(greatest).tolist() == [True, True]
    assert IntType(-2, 2).holding(greatest).tolist() == [True, False]
    assert IntType(-300, 300).holding(np.array([255, 0], np.uint8)).tolist() == [True, True]
    assert BIPOLAR.holding(np.array([0, 1, 255], np.uint8)).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        ([1, 1], BIPOLAR),
        ([-1], BIPOLAR),
        ([-1, 0, 1], IntType(-1, 1)),
        ([0, 1], IntType(0, 1)),
        ([0], IntType(0, 0)),
        ([-7, 3], IntType(-7, 3)),
        ([1, 2], IntType(1, 2)),
    ],
)
def test_of_values_is_the_smallest_type(values: list[int], type_: IntType) -> None:
    assert IntType.of_values(np.array([values])) == type_


def test_bad_types_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^empty range \[1, 0\]$"):
        IntType(1, 0)
    with pytest.raises(ValueError, match=r"^a bipolar type is \[-1, 1\], not \[0, 1\]$"):
        IntType(0, 1, bipolar=True)


def test_text() -> None:
    assert str(BIPOLAR) == "bipolar"
    assert str(IntType(0, 255)) == "uint8 0..255"
    assert str(IntType(-2, 1)) == "int2 -2..1"
