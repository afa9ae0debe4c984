"""Grids: what they reach, and what they never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.quantize.grid import asymmetric, over, symmetric

FINITE = st.floats(-1e4, 1e4, allow_nan=False, width=32)


@given(st.integers(2, 8), FINITE, FINITE)
def test_zero_is_a_code_and_nothing_inside_is_far(bits: int, a: float, b: float) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    grid = over(low, high, bits)
    x = np.linspace(low, high, 50)
    assert grid.round(np.zeros(1)) == 0
    assert grid.lo <= grid.zero <= grid.hi
    # the zero point is whole, so that one end may lose half a step more
    assert np.abs(grid.round(x) - x).max() <= 1.001 * float(grid.scale) + 1e-6
    assert len(np.unique(grid.round(x))) <= 2**bits


def test_a_range_of_next_to_nothing() -> None:
    """Steps below the least normal float32 have so few digits that 0 would be no code."""
    grid = over(-1.064986832886861e-43, 0.0, 5)
    assert grid.round(np.zeros(1)) == 0
    assert grid.zero == 0


def test_two_bits() -> None:
    assert symmetric(1.0, 2).round(np.array([-9, -0.6, -0.4, 0.5, 0.51, 3])).tolist() == [-1, -1, 0, 0, 1, 1]
    assert asymmetric(0, 3, 2).round(np.array([-1, 0.4, 1.6, 9])).tolist() == [0, 0, 2, 3]
    assert asymmetric(-1, 2, 2).round(np.array([-9, -1, 0, 2, 9])).tolist() == [-1, -1, 0, 2, 2]


def test_a_scale_for_each_row() -> None:
    rows = np.array([[1.0, -0.2], [100.0, 20.0], [0, 0]])
    grid = symmetric(np.array([[1.0], [100.0], [0.0]]), 3)
    assert grid.round(rows) == pytest.approx(np.array([[1, -1 / 3], [100, 100 / 3], [0, 0]]))
