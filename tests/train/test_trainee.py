"""The network in training: what the optimiser may move, and what the loss sees."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bnngen.base.errors import UsageError
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.inputs import prepare
from bnngen.train.recipe import Recipe
from bnngen.train.trainee import Trainee, build_network

pytestmark = pytest.mark.train


def recipe(**model: object) -> Recipe:
    tables = {
        "data": {"name": "t"},
        "model": {"architecture": "mlp", "widths": [6], **model},
        "train": {"epochs": 1},
    }
    return Recipe.model_validate(tables)


def network(wanted: Recipe, least_bits: int = 1) -> Trainee:
    part = Subset(np.random.default_rng(0).integers(0, 256, (8, 5), np.uint8), np.arange(8) % 2)
    rank = 1
    return build_network(
        wanted, prepare(DataSet(part, part, part, 2), wanted.data, rank, wanted.model.input_bits), least_bits
    )


def test_latent_weights_are_clipped_and_float_ones_not() -> None:
    made = network(recipe(layers={"dense_1": {"weight_bits": 32}}))
    first, last = (m for m in made.body.modules() if isinstance(m, torch.nn.Linear))
    with torch.no_grad():
        first.weight.fill_(3.0)
        last.weight.fill_(3.0)
    made.clip_latent_weights()
    assert first.weight.unique().tolist() == [1]
    assert last.weight.unique().tolist() == [3]


def test_logits_are_scores_times_a_positive_number() -> None:
    made = network(recipe()).eval()
    x = torch.arange(15.0).reshape(3, 5)
    torch.testing.assert_close(made.logits(x), made(x) / 6**0.5)


def test_progress_reaches_the_estimators() -> None:
    made = network(recipe())
    made.set_progress(0.25)
    assert [estimator.progress for estimator in made.estimators] == [0.25, 0.25]


def test_a_state_of_another_network() -> None:
    with pytest.raises(UsageError, match="holds another network than its recipe makes now: train it anew"):
        network(recipe()).restore(network(recipe(widths=[7])).copied_state())


def test_float_networks() -> None:
    assert not recipe().is_float
    assert recipe(act_bits=32).is_float
    assert recipe(layers={"dense_0": {"weight_bits": 32}}).is_float
