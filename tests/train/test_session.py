"""Stages of a warm start, and what one hands to the next."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bnngen.train.checkpoint import Checkpoint
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.inputs import prepare
from bnngen.train.recipe import Recipe
from bnngen.train.session import Session, Stage, stages

pytestmark = pytest.mark.train

RECIPE = Recipe.model_validate(
    {
        "data": {"name": "t"},
        "model": {"architecture": "mlp", "widths": [6]},
        "train": {"epochs": 7, "warm_start": [4, 2], "warm_epochs": 3},
    }
)
PART = Subset(np.random.default_rng(0).integers(0, 256, (8, 5), np.uint8), np.arange(8) % 2)
PREPARED = prepare(DataSet(PART, PART, PART, 2), RECIPE.data, 1, None)
BATCH = (torch.from_numpy(PART.x).float(), torch.from_numpy(PART.y), torch.arange(8))


def session(stage: Stage) -> Session:
    return Session.start(RECIPE, PREPARED, stage, 1, torch.device("cpu"), None, {})


def test_stages() -> None:
    assert stages(RECIPE) == [Stage(3, least_bits=4), Stage(3, least_bits=2), Stage(7)]


def test_a_step_moves_weights_and_keeps_them_in_range() -> None:
    made = session(Stage(7))
    before = made.network.copied_state()["body.dense_0.weight"]
    loss, right = made.step(BATCH, 0.5)
    after = made.network.copied_state()["body.dense_0.weight"]
    assert not torch.equal(before, after)
    assert after.abs().max() <= 1
    assert not loss.requires_grad
    assert 0 <= int(right) <= 8
    assert made.network.estimators[0].progress == 0.5


def test_going_on_within_a_stage_is_exact() -> None:
    first = session(Stage(7))
    first.step(BATCH, 0.0)
    checkpoint = Checkpoint("k", epoch=1)
    first.store(checkpoint)
    saved = {name: value.clone() for name, value in checkpoint.network.items()}
    second = session(Stage(7))
    second.load(
        Checkpoint("k", epoch=1, **{n: getattr(checkpoint, n) for n in vars(first)} | {"network": saved})
    )
    losses = [[float(s.step(BATCH, 0.1)[0]) for _ in range(3)] for s in (first, second)]
    assert losses[0] == losses[1]


def test_the_next_stage_takes_over_latent_weights_and_norms() -> None:
    warm, cold = session(Stage(3, least_bits=4)), session(Stage(7))
    with torch.no_grad():
        warm.network.body.dense_0.weight.mul_(0.5)
    warm.network.body.dense_0_norm.running_mean.fill_(5.0)
    cold.load(Checkpoint("k", stage=1, best=warm.network.copied_state()))
    assert torch.equal(cold.network.body.dense_0.weight, warm.network.body.dense_0.weight)
    assert cold.network.body.dense_0_norm.running_mean.unique().tolist() == [5]
