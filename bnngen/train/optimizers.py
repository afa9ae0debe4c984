"""The optimiser and its learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from bnngen.train.recipe import TrainTable

MOMENTUM = 0.9
"""Of plain gradient descent."""


def make_optimizer(table: TrainTable, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """The recipe's optimiser; only weights decay, not the vectors of batch norms, scales and shifts."""
    parameters = list(parameters)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": table.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if table.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=table.learning_rate, momentum=MOMENTUM, nesterov=True)
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[table.optimizer]
    return kind(groups, lr=table.learning_rate)


def make_schedule(table: TrainTable, optimizer: Optimizer, epochs: int, batches: int) -> LambdaLR:
    """A learning rate for each of ``epochs * batches`` steps."""
    total, warm = epochs * batches, table.warmup_epochs * batches

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / (warm + 1)
        rest = (step - warm) / max(1, total - warm)
        return {"cosine": 0.5 * (1 + math.cos(math.pi * rest)), "linear": 1 - rest, "constant": 1.0}[
            table.schedule
        ]

    return LambdaLR(optimizer, factor)
