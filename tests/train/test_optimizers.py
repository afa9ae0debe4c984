"""Learning rates over the steps, and what decays."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bnngen.train.optimizers import make_optimizer, make_schedule
from bnngen.train.recipe import TrainTable

pytestmark = pytest.mark.train


def rates(epochs: int = 2, batches: int = 5, **table: object) -> list[float]:
    settings = TrainTable.model_validate({"epochs": epochs, "learning_rate": 1.0, **table})
    optimizer = make_optimizer(settings, [nn.Parameter(torch.zeros(2, 2))])
    schedule = make_schedule(settings, optimizer, epochs, batches)
    seen = []
    for _ in range(epochs * batches):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*seen, optimizer.param_groups[0]["lr"]]


def test_schedules() -> None:
    assert rates(schedule="constant") == [1.0] * 11
    assert rates(schedule="linear") == pytest.approx([1 - k / 10 for k in range(11)])
    cosine = rates(schedule="cosine")
    assert (cosine[0], cosine[5], cosine[10]) == pytest.approx((1, 0.5, 0))


def test_a_warm_up_rises_first() -> None:
    warm = rates(schedule="linear", warmup_epochs=1)
    assert warm[:6] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert warm[10] == pytest.approx(0)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_only_weights_decay(name: str) -> None:
    weight, shift = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2))
    settings = TrainTable.model_validate({"epochs": 1, "optimizer": name, "weight_decay": 0.1})
    optimizer = make_optimizer(settings, [weight, shift])
    (0 * weight.sum() + 0 * shift.sum()).backward()
    optimizer.step()
    assert (weight < 1).all()
    assert (shift == 1).all()
