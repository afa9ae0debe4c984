"""Bits for a budget: never above it, and no single bit is better spent elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.base.errors import UsageError
from bnngen.quantize.allocate import LEAST, MOST, allocate, closed_form

SIZES = st.lists(st.integers(1, 10**6), min_size=1, max_size=8)


@given(SIZES, st.floats(2, 9))
def test_within_the_budget_and_nothing_left(sizes: list[int], bits_each: float) -> None:
    budget = int(bits_each * sum(sizes))
    bits = allocate(sizes, budget)
    left = budget - sum(b * n for b, n in zip(bits, sizes, strict=True))
    assert left >= 0
    assert all(LEAST <= b <= MOST for b in bits)
    assert all(b == MOST or n > left for b, n in zip(bits, sizes, strict=True))


def test_the_papers_difference_of_bits() -> None:
    """Four times the weights, one bit less; the budget is used up."""
    sizes = np.array([100.0, 400.0, 1600.0])
    bits = closed_form(sizes, 4.0 * sizes.sum())
    assert np.diff(bits) == pytest.approx([-1, -1])
    assert bits @ sizes == pytest.approx(4 * sizes.sum())


@given(SIZES, st.integers(2, 8))
def test_never_noisier_than_the_same_bits_for_all(sizes: list[int], each: int) -> None:
    found = np.array(allocate(sizes, each * sum(sizes)))
    assert (4.0**-found).sum() <= len(sizes) * 4.0**-each * (1 + 1e-9)


def test_small_layers_get_more() -> None:
    assert allocate([30, 200, 1000], 3 * 1230 + 300) == [6, 4, 3]


def test_a_budget_too_small() -> None:
    with pytest.raises(UsageError, match="30 weights take 60 bits or more; found a budget of 59"):
        allocate([10, 20], 59)
