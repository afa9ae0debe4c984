"""Batches: every sample at most once in a pass, the same for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.feed import Feed
from bnngen.train.inputs import prepare
from bnngen.train.recipe import DataTable, TrainTable

pytestmark = pytest.mark.train


def feed(samples: int = 23, **table: object) -> Feed:
    x = np.random.default_rng(0).integers(0, 256, (samples, 4, 4), np.uint8)
    part = Subset(x, np.arange(samples) % 3)
    prepared = prepare(DataSet(part, part, part, 3), DataTable(name="t"), 1, None)
    return Feed(prepared, TrainTable.model_validate({"epochs": 1, **table}), torch.device("cpu"))


def one_pass(source: Feed, seed: int, plain: bool = False) -> list[Any]:
    random = torch.Generator().manual_seed(seed)
    if plain:
        return list(source.some(random, source.batches))
    return [source.augmented(chosen, random) for chosen in source.order(random)]


def test_whole_batches_in_random_order() -> None:
    batches = one_pass(feed(batch=5), 0)
    chosen = torch.cat([batch[2] for batch in batches]).tolist()
    assert [len(batch[0]) for batch in batches] == [5] * 4
    assert len(set(chosen)) == 20
    assert all(int(y) == k % 3 for y, k in zip(torch.cat([b[1] for b in batches]), chosen, strict=True))
    again = torch.cat([batch[2] for batch in one_pass(feed(batch=5), 0)]).tolist()
    other = torch.cat([batch[2] for batch in one_pass(feed(batch=5), 1)]).tolist()
    assert chosen == again != other


def test_a_batch_is_no_larger_than_the_data() -> None:
    assert (feed(7, batch=100).batch, feed(7, batch=100).batches) == (7, 1)


def test_only_augmented_samples_are_changed() -> None:
    source = feed(batch=5, augmentation={"shift": 1})
    plain, changed = one_pass(source, 0, plain=True), one_pass(source, 0)
    assert torch.equal(plain[0][2], changed[0][2])
    assert plain[0][0].shape == changed[0][0].shape == (5, 16)
    assert not torch.equal(plain[0][0], changed[0][0])
