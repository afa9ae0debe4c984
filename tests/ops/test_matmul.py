"""Matrix products against Python's integers, at the limits of every type that computes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.ops.matmul import exact_matmul


def product(x: list[list[int]], w: list[list[int]]) -> list[list[int]]:
    return [[sum(a * b for a, b in zip(frame, row, strict=True)) for row in w] for frame in x]


@pytest.mark.parametrize("limit", [2**24, 2**53])
@pytest.mark.parametrize("beyond", [-1, 0, 1, 2, 3])
def test_sums_at_the_limit_of_a_significand(limit: int, beyond: int) -> None:
    """The greatest sum is limit + beyond; above the limit, the odd ones can't be told from their neighbours."""
    w = [[1, -1, limit + beyond - 2], [0, 1, -1]]
    x = [[1, -1, 1], [0, 0, 1], [1, 1, -1], [1, 0, 1], [-1, 1, -1]]
    assert exact_matmul(np.array(x), np.array(w), 1).tolist() == product(x, w)


@pytest.mark.parametrize(
    ("w_max", "x_max"), [(127, 255), (1 << 20, 15), (1 << 30, 1 << 22), (1 << 40, 1 << 22)]
)
def test_odd_sums_of_large_terms(w_max: int, x_max: int) -> None:
    w = [[w_max - 1, -w_max + 2, w_max - 3], [w_max, 1, 1]]
    x = [[x_max, x_max - 1, x_max - 2], [x_max, x_max, -1], [-x_max, 1, 0]]
    assert exact_matmul(np.array(x), np.array(w), x_max).tolist() == product(x, w)


@given(st.data())
def test_small_products(data: st.DataObject) -> None:
    frames, rows, columns = (data.draw(st.integers(0 if d == 0 else 1, 4)) for d in range(3))
    numbers = st.integers(-128, 255)
    x = np.array([data.draw(numbers) for _ in range(frames * columns)], dtype=np.int64).reshape(
        frames, columns
    )
    w = np.array([data.draw(numbers) for _ in range(rows * columns)], dtype=np.int64).reshape(rows, columns)
    y = exact_matmul(x, w, 255)
    assert y.shape == (frames, rows)
    assert y.dtype == np.int64
    assert y.tolist() == product(x.tolist(), w.tolist())


def test_narrow_integer_arrays_do_not_wrap() -> None:
    x = np.full((1, 400), 127, dtype=np.int8)
    w = np.full((1, 400), -128, dtype=np.int8)
    assert exact_matmul(x, w, 127).tolist() == [[-127 * 128 * 400]]
