"""The three losses: zero for a student that says what the teacher says, and what the papers define."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bnngen.train.distill.feature import FeatureLoss
from bnngen.train.distill.relation import ANGLE, ANGLE_SAMPLES, DISTANCE, angles, distances, relation_loss
from bnngen.train.distill.response import response_loss
from bnngen.train.recipe import DistillTable

pytestmark = pytest.mark.train


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_same_answer_costs_nothing() -> None:
    logits = numbers(8, 5)
    assert float(response_loss(logits, logits + 3, 2.0)) == pytest.approx(0, abs=1e-6)
    hidden = numbers(8, 6)
    turned = hidden @ torch.linalg.qr(numbers(6, 6, seed=1))[0]
    assert float(relation_loss(2 * turned, hidden)) == pytest.approx(0, abs=1e-5)


def test_response_is_the_divergence() -> None:
    student, teacher, t = numbers(4, 3), numbers(4, 3, seed=1), 3.0
    p, q = torch.softmax(teacher / t, 1), torch.softmax(student / t, 1)
    wanted = t**2 * (p * (p.log() - q.log())).sum(1).mean()
    torch.testing.assert_close(response_loss(student, teacher, t), wanted)


def test_distances_and_angles() -> None:
    x = torch.tensor([[0.0, 0], [3, 4], [0, 8]])
    apart = torch.tensor([[0.0, 5, 8], [5, 0, 5], [8, 5, 0]])
    torch.testing.assert_close(distances(x), apart / apart.mean(), atol=1e-3, rtol=0)
    assert float(angles(x)[0, 1, 2]) == pytest.approx(0.8)  # at sample 0, between 1 and 2
    assert float(angles(x)[1, 0, 2]) == pytest.approx((-3 * -3 + -4 * 4) / 25)


def test_large_batches_have_the_same_distances() -> None:
    x = numbers(ANGLE_SAMPLES + 1, 7)
    wanted = torch.cdist(x, x)
    torch.testing.assert_close(distances(x), wanted / wanted.mean(), atol=2e-3, rtol=0)


def test_gradients_stay_small_where_samples_are_equal() -> None:
    x = torch.ones(4, 3)
    x[3] = 2
    x.requires_grad = True
    relation_loss(x, numbers(4, 3)).backward()
    assert 0 < x.grad.abs().max() < 10
    assert DISTANCE > 0 < ANGLE


def test_the_adapter_learns_the_teacher_s_features() -> None:
    torch.manual_seed(0)
    hidden = numbers(64, 5)
    taught = 7 * hidden @ numbers(5, 9, seed=1) + 100
    table = DistillTable(teacher=Path("none"))
    loss, answers = FeatureLoss(table, 5, 9), ((hidden, hidden), (taught, taught))
    optimizer = torch.optim.Adam(loss.parameters(), 0.1)
    first = loss(*answers).item()
    for _ in range(200):
        optimizer.zero_grad()
        loss(*answers).backward()
        optimizer.step()
    assert loss(*answers).item() < 0.01 < first
