"""Copies of modules."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bnngen.frontend.from_torch.copies import copied

pytestmark = pytest.mark.train


class Keeping(nn.Module):
    """Keeps the binarized weights of its last run, as many home-made layers do."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.kept: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.kept = torch.where(self.fc.weight >= 0, 1.0, -1.0) * self.fc.weight
        return x @ self.kept.T


def test_a_module_that_keeps_what_it_computed() -> None:
    module = Keeping()
    module(torch.zeros(1, 3)).sum().backward()
    copy = copied(module)
    assert copy.kept is not module.kept
    assert torch.equal(copy.kept, module.kept)
    assert not copy.training
    assert module.training
    assert module.kept is not None
    assert module.kept.requires_grad


def test_one_tensor_stays_one_tensor() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    module[1].weight = module[0].weight
    copy = copied(module)
    assert copy[1].weight is copy[0].weight
