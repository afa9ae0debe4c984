"""Matrix products against Python's integers, at the limits of every type that computes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.ops.matmul import ExactProduct


def product(x: list[list[int]], w: list[list[int]]) -> list[list[int]]:
    return [[sum(a * b for a, b in zip(frame, row, strict=True)) for row in w] for frame in x]


@pytest.mark.parametrize("limit", [2**24, 2**53])
@pytest.mark.parametrize("beyond", [-1, 0, 1, 2, 3])
def test_sums_at_the_limit_of_a_significand(limit: int, beyond: int) -> None:
    """The greatest sum is limit + beyond; above the limit, the odd ones can't be told from their neighbours."""
    w = [[1, -1, limit + beyond - 2], [0, 1, -1]]
    x = [[1, -1, 1], [0, 0, 1], [1, 1, -1], [1, 0, 1], [-1, 1, -1]]
    assert ExactProduct(np.array(w), 1)(np.array(x)).tolist() == product(x, w)


@pytest.mark.parametrize(
    ("w_max", "x_max"), [(127, 255), (1 << 20, 15), (1 << 30, 1 << 22), (1 << 40, 1 << 22)]
)
def test_odd_sums_of_large_terms(w_max: int, x_max: int) -> None:
    w = [[w_max - 1, -w_max + 2, w_max - 3], [w_max, 1, 1]]
    x = [[x_max, x_max - 1, x_max - 2], [x_max, x_max, -1], [-x_max, 1, 0]]
    assert ExactProduct(np.array(w), x_max)(np.array(x)).tolist() == product(x, w)


@given(st.data())
def test_small_products(data: st.DataObject) -> None:
    frames, rows, columns = (data.draw(st.integers(0 if d == 0 else 1, 4)) for d in range(3))
    numbers = st.integers(-128, 255)
    x = np.array([data.draw(numbers) for _ in range(frames * columns)], dtype=np.int64).reshape(
        frames, columns
    )
    w = np.array([data.draw(numbers) for _ in range(rows * columns)], dtype=np.int64).reshape(rows, columns)
    y = ExactProduct(w, 255)(x)
    assert y.shape == (frames, rows)
    assert y.dtype == np.int32
    assert y.tolist() == product(x.tolist(), w.tolist())


@settings(max_examples=60)
@given(
    st.sampled_from([2**24, 2**53]), st.integers(-3, 3), st.integers(1, 255), st.integers(0, 2**32), st.data()
)
def test_products_with_a_bound_near_the_limit(
    limit: int, beyond: int, x_max: int, seed: int, data: st.DataObject
) -> None:
    """Rows whose greatest sum is within a few units of what a significand holds, inputs at their extremes."""
    total = limit // x_max + beyond
    cuts = sorted(data.draw(st.lists(st.integers(0, total), max_size=12)))
    magnitudes = np.diff([0, *cuts, total])
    random = np.random.default_rng(seed)
    w = random.choice([-1, 1], (5, len(magnitudes))) * random.permuted(np.tile(magnitudes, (5, 1)), axis=1)
    x = random.choice([-x_max, -x_max + 1, x_max - 1, x_max], (7, len(magnitudes)))
    x[0] = np.where(w[0] < 0, -x_max, x_max)  # reaches the bound itself
    multiply = ExactProduct(w, x_max)
    assert multiply.bound == total * x_max
    assert multiply(x).tolist() == product(x.tolist(), w.tolist())


@pytest.mark.parametrize("kind", ["bipolar", "ternary", "bytes"])
@pytest.mark.parametrize(("rows", "columns"), [(64, 64), (10, 64), (128, 128), (129, 128), (3, 1000)])
def test_many_frames_are_those_of_int64(kind: str, rows: int, columns: int) -> None:
    """Narrow factors are multiplied in blocks: as many frames as make several, one left over, and one short."""
    random = np.random.default_rng(rows * columns)
    w = random.choice(
        {"bipolar": [-1, 1], "ternary": [-1, 0, 1], "bytes": [-128, 127, 3]}[kind], (rows, columns)
    )
    multiply = ExactProduct(w, 255)
    block = 2**18 // w.size
    for frames in (block - 1, block, 2 * block + 1, 0):
        x = random.integers(-255, 256, (frames, columns))
        for dtype in (np.int64, np.int16):
            assert np.array_equal(multiply(x.astype(dtype)), x @ w.T)


def test_weights_without_rows_or_columns() -> None:
    assert ExactProduct(np.zeros((2, 0), int), 1)(np.zeros((3, 0), int)).tolist() == [[0, 0]] * 3
    assert ExactProduct(np.zeros((0, 2), int), 1)(np.zeros((3, 2), int)).shape == (3, 0)


def test_narrow_integer_arrays_do_not_wrap() -> None:
    """|-128| is no int8: a bound computed in int8 would be negative, and float32 too short for the sum."""
    x = np.full((1, 4000), 127, dtype=np.int8)
    w = np.full((1, 4000), -128, dtype=np.int8)
    assert ExactProduct(w, 127).bound == 127 * 128 * 4000
    x[0, 0] = 1
    w[0, 0] = 1
    assert ExactProduct(w, 127)(x).tolist() == [[1 - 127 * 128 * 3999]]


def test_a_bound_beyond_int64_does_not_wrap() -> None:
    w = np.full((1, 4), 1 << 62)
    assert ExactProduct(w, 1).bound == 1 << 64
    assert ExactProduct(w, 1)(np.array([[1, -1, 0, 0]])).tolist() == [[0]]
