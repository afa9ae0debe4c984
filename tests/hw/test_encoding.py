"""Encodings: what fits, and round trips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen_hw.encoding import Encoding


@given(lo=st.integers(-1000, 1000), span=st.integers(0, 1000))
def test_for_range_is_the_smallest(lo: int, span: int) -> None:
    encoding = Encoding.for_range(lo, lo + span)
    assert encoding.lo <= lo
    assert lo + span <= encoding.hi
    if encoding.bits > 1:
        smaller = Encoding(encoding.kind, encoding.bits - 1)
        assert lo < smaller.lo or lo + span > smaller.hi


@pytest.mark.parametrize("encoding", [Encoding("bipolar", 1), Encoding("signed", 3), Encoding("unsigned", 3)])
def test_round_trip(encoding: Encoding) -> None:
    codes = np.arange(1 << encoding.bits)
    values = encoding.decode(codes)
    assert np.array_equal(encoding.encode(values), codes)
    assert (values.min(), values.max()) == (encoding.lo, encoding.hi)


def test_known_codes() -> None:
    assert Encoding("bipolar", 1).encode(np.array([-1, 1])).tolist() == [0, 1]
    assert Encoding("signed", 3).encode(np.array([-4, -1, 3])).tolist() == [4, 7, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Encoding("signed", 0), "at least 1 bit, not 0"),
        (lambda: Encoding("bipolar", 2), "bipolar element has 1 bit, not 2"),
        (lambda: Encoding.for_range(2, 1), r"empty range \[2, 1\]"),
        (lambda: Encoding("bipolar", 1).encode(np.array([0])), "-1 or"),
        (lambda: Encoding("signed", 2).encode(np.array([2])), r"\[2, 2\] do not fit 2 signed bits"),
    ],
)
def test_refusals(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
