"""The parts: no sample in two of them, every class in each, the same at every run."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.base.errors import DataError
from bnngen.train.datasets.dataset import Samples, Subset
from bnngen.train.datasets.split import split
from bnngen.train.recipe import DataTable


def numbered(labels: list[int]) -> Samples:
    """Samples that hold their own number."""
    return Samples(Subset(np.arange(len(labels))[:, None], np.array(labels)))


@given(
    st.lists(st.integers(0, 2), min_size=30, max_size=80),
    st.floats(0.1, 0.4),
    st.floats(0.1, 0.4),
    st.integers(0, 5),
)
def test_every_sample_is_in_one_part(labels: list[int], validation: float, test: float, seed: int) -> None:
    labels = [0, 1, 2] * 4 + labels
    table = DataTable(name="t", validation=validation, test=test, split_seed=seed)
    data, again = split(numbered(labels), table), split(numbered(labels), table)
    parts = [part.x.ravel().tolist() for part in (data.train, data.validation, data.test)]
    assert sorted(chain(*parts)) == list(range(len(labels)))
    assert all(len(set(part.y)) == 3 for part in (data.train, data.validation, data.test))
    assert np.array_equal(data.test.x, again.test.x)


def test_a_part_that_leaves_nothing() -> None:
    with pytest.raises(DataError, match=r"^data\.test = 50 leaves nothing of 30 samples"):
        split(numbered([0, 1, 2] * 10), DataTable(name="t", test=50))


def test_a_label_that_training_has_not() -> None:
    samples = Samples(
        Subset(np.zeros((9, 1)), np.arange(9) % 3), test=Subset(np.zeros((1, 1)), np.array([3]))
    )
    with pytest.raises(DataError, match="the test part has the label 3"):
        split(samples, DataTable(name="t", validation=3))
