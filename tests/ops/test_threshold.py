"""The threshold layer against counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.threshold import Threshold


@given(st.data())
def test_compute_counts_the_thresholds(data: st.DataObject) -> None:
    channels, levels = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    row = st.lists(st.integers(-6, 6), min_size=levels, max_size=levels).map(sorted)
    table = [data.draw(row) for _ in range(channels)]
    invert = [data.draw(st.booleans()) for _ in range(channels)]
    lo = data.draw(st.integers(-3, 2))
    acc = np.stack([np.arange(-8, 9)] * channels, axis=-1)
    threshold = Threshold(np.array(table), np.array(invert), IntType(lo, lo + levels))
    for frame, codes in zip(acc, threshold.compute(acc), strict=True):
        for c in range(channels):
            count = len([t for t in table[c] if frame[c] >= t])
            assert codes[c] == lo + (levels - count if invert[c] else count)


def test_bipolar_codes_step_by_two() -> None:
    threshold = Threshold(np.array([[2], [2]]), np.array([False, True]), BIPOLAR)
    assert threshold.step == 2
    assert threshold.compute(np.array([[1, 1], [2, 2]])).tolist() == [[-1, 1], [1, -1]]


def test_maps_keep_their_shape() -> None:
    threshold = Threshold(np.array([[0], [1]]), np.array([False, False]), IntType(0, 1))
    acc = np.zeros((2, 3, 4, 2), dtype=np.int64)
    assert threshold.compute(acc).shape == acc.shape
    assert threshold.output_shape([(3, 4, 2)]) == (3, 4, 2)
    with pytest.raises(ValueError, match=r"^has 2 channels, but the input has 3$"):
        threshold.output_shape([(2, 3)])


def test_unsorted_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^thresholds must be ascending in every row$"):
        Threshold(np.array([[0, 1], [3, 2]]), np.array([False, False]), IntType(0, 2))
    assert Threshold(np.array([[1, 1]]), np.array([False]), IntType(0, 2)).compute(np.array([[1]])) == [[2]]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.float32])
def test_levels_beyond_the_type_of_the_sums(dtype: type) -> None:
    """Always and never, far outside of what the sums' own type holds."""
    table = np.array([[-(1 << 40)], [1 << 40], [(1 << 32) + 1], [100]])
    threshold = Threshold(table, np.zeros(4, dtype=bool), BIPOLAR)
    assert threshold.compute(np.array([[1, 1, 1, 100]], dtype=dtype)).tolist() == [[1, -1, -1, 1]]


@pytest.mark.parametrize("lo", [-128, 0, -300, 70_000])
def test_255_levels_fit_in_the_short_type(lo: int) -> None:
    table = np.stack([np.arange(1, 256)] * 2)
    threshold = Threshold(table, np.array([False, True]), IntType(lo, lo + 255))
    y = threshold.compute(np.stack([np.arange(256)] * 2, axis=1).astype(np.int32))
    assert y[:, 0].tolist() == list(range(lo, lo + 256))
    assert y[:, 1].tolist() == list(range(lo + 255, lo - 1, -1))
