"""The optimiser and its learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from bnngen.train.choices import OPTIMIZERS, RATES
from bnngen.train.recipe import TrainTable

Groups = list[dict[str, Any]]

MOMENTUM = 0.9
"""Of plain gradient descent."""


def make_optimizer(table: TrainTable, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The recipe's optimiser; only weights decay, not the vectors of batch norms, scales and shifts."""
    parameters = list(parameters)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": table.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return OPTIMIZERS[table.optimizer](groups, table.learning_rate)


def adam(groups: Groups, rate: float) -> Optimizer:
    """Adam, at this learning rate."""
    return torch.optim.Adam(groups, lr=rate)


def adamw(groups: Groups, rate: float) -> Optimizer:
    """Adam with decoupled weight decay."""
    return torch.optim.AdamW(groups, lr=rate)


def sgd(groups: Groups, rate: float) -> Optimizer:
    """Gradient descent with Nesterov momentum."""
    return torch.optim.SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True)


def make_schedule(table: TrainTable, optimizer: Optimizer, epochs: int, batches: int) -> LambdaLR:
    """A learning rate for each of ``epochs * batches`` steps."""
    share = RATES[table.schedule]
    total, warm = epochs * batches, table.warmup_epochs * batches

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / (warm + 1)
        return float(share((step - warm) / max(1, total - warm)))

    return LambdaLR(optimizer, factor)


def cosine(progress: float) -> float:
    """Down along half a cosine."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def linear(progress: float) -> float:
    """Down in a straight line."""
    return 1 - progress


def constant(progress: float) -> float:
    """The same to the end."""
    return 1.0
