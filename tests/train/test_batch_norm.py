"""Statistics measured again are those of the batches given, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bnngen.train.batch_norm import measure_again

pytestmark = pytest.mark.train


def test_measure_again() -> None:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    body[1].running_mean.fill_(100.0)
    weights = body[0].weight.clone()
    batches = [torch.randn(50, 3) for _ in range(3)]
    measure_again(body, batches)
    products = [body[0](x) for x in batches]
    torch.testing.assert_close(body[1].running_mean, torch.cat(products).mean(0))
    torch.testing.assert_close(body[1].running_var, torch.stack([p.var(0) for p in products]).mean(0))
    assert torch.equal(body[0].weight, weights)
    assert body[1].momentum == 0.1
    assert not any(module.training for module in body.modules())
