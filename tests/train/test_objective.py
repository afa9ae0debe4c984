"""The loss: labels alone, or weighed against a teacher that is not trained itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from bnngen.train.distill.response import response_loss
from bnngen.train.distill.teacher import Teacher, answer
from bnngen.train.objective import Distillation, Objective
from bnngen.train.recipe import DistillTable, TrainTable
from bnngen.train.trainee import Trainee

pytestmark = pytest.mark.train


def network(seed: int, width: int) -> Trainee:
    torch.manual_seed(seed)
    return Trainee(nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 3)), (), width)


TRAIN = TrainTable(epochs=1)
X, Y, CHOSEN = torch.arange(24.0).reshape(6, 4), torch.tensor([0, 1, 2, 0, 1, 2]), torch.arange(6)


def test_labels_alone() -> None:
    student = network(0, 5)
    loss, logits = Objective(TrainTable(epochs=1, label_smoothing=0.1))(student, X, Y, CHOSEN)
    torch.testing.assert_close(loss, nn.functional.cross_entropy(student.logits(X), Y, label_smoothing=0.1))
    assert logits.shape == (6, 3)


@pytest.mark.parametrize("response", [0.0, 0.25, 1.0])
def test_labels_and_answers_are_weighed(response: float) -> None:
    student, teacher = network(0, 5).eval(), Teacher(network(1, 7), (4,))
    table = DistillTable(
        teacher=Path("t"), response=response, temperature=2.0, relation=0.0 if response else 1e-9
    )
    loss, logits = Distillation(TRAIN, table, teacher, (5, 7))(student, X, Y, CHOSEN)
    taught = answer(teacher.network, X)[0]
    wanted = (1 - response) * nn.functional.cross_entropy(logits, Y) + response * response_loss(
        logits, taught, 2.0
    )
    torch.testing.assert_close(loss, wanted)


def test_the_adapter_learns_and_the_teacher_does_not() -> None:
    student, teacher = network(0, 5), Teacher(network(1, 7), (4,))
    objective = Distillation(
        TRAIN, DistillTable(teacher=Path("t"), feature=1.0, relation=1.0), teacher, (5, 7)
    )
    objective(student, X, Y, CHOSEN)[0].backward()
    assert {name for name, _ in objective.named_parameters()} == {
        "feature.adapter.weight",
        "feature.adapter.bias",
    }
    assert all(p.grad is not None for p in objective.parameters())
    assert all(p.grad is None for p in teacher.parameters())
    assert student.body[0].weight.grad is not None


def test_products_in_bfloat16() -> None:
    """They are rounded, and what is made of them is not."""
    student, seen = network(0, 5), []
    student.body[0].register_forward_hook(lambda *arguments: seen.append(arguments[-1].dtype))
    loss, _ = Objective(TrainTable(epochs=1, precision="bfloat16"))(student, X, Y, CHOSEN)
    plain = Objective(TRAIN)(student, X, Y, CHOSEN)[0]
    assert seen == [torch.bfloat16, torch.float32]
    assert (loss.dtype, plain.dtype) == (torch.float32, torch.float32)
    assert loss != plain
    torch.testing.assert_close(loss, plain, rtol=0.1, atol=0.1)
