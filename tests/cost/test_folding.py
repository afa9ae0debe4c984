"""Foldings: every number of groups once, each with the smallest group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.cost.folding import Folding, fold_sizes


@given(st.integers(1, 300))
def test_fold_sizes_are_exactly_the_useful_ones(length: int) -> None:
    sizes = fold_sizes(length)
    counts = [-(-length // size) for size in sizes]
    assert sizes == sorted(set(sizes))
    assert set(counts) == {-(-length // size) for size in range(1, length + 1)}
    assert all(
        -(-length // (size - 1)) > count for size, count in zip(sizes, counts, strict=True) if size > 1
    )


@pytest.mark.parametrize(("pe", "folds"), [(1, 10), (3, 4), (4, 3), (10, 1)])
def test_the_last_fold_may_be_padded(pe: int, folds: int) -> None:
    assert Folding(pe, 7).row_folds(10) == folds
    assert Folding(pe, 7).column_folds(50) == 8
