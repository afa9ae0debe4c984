"""Measuring the batch norms' statistics again, with the weights held still."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
"""The batch norms of networks here."""


def measure_again(body: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replace the running statistics, which lag behind the weights, by the mean over ``batches``, in place.

    With one bit the weights flip until the last step, and thresholds made of stale statistics are off: Sari,
    Belbahri and Nia, "How Does Batch Normalization Help Binary Training?", 2019.
    """
    norms = [module for module in body.modules() if isinstance(module, NORMS)]
    kept = [norm.momentum for norm in norms]
    body.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
        norm.train()
    with torch.no_grad():
        for x in batches:
            body(x)
    for norm, momentum in zip(norms, kept, strict=True):
        norm.momentum = momentum
    body.eval()
