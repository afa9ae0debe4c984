"""What is removed, one kind a file: each has ``choose``, which turns scores into a `Removal`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bnngen.train.prune.removal import Removal
from bnngen.train.prune.scores import Score
from bnngen.train.prune.table import PruneTable
from bnngen.train.trainee import Trainee

Gone = Callable[[float], float]
"""From the share that is gone at the end to the share that is to be gone by now."""

Choose = Callable[[Trainee, Score, Trainee, Gone, PruneTable], Removal]
"""The network, how to score it, a network of the size before any pruning, how much of that size is to be
gone, and the recipe's table."""


def highest(scores: Tensor, count: int) -> Tensor:
    """A mask in the shape of ``scores`` of the ``count`` greatest; of equal ones the first."""
    order = scores.flatten().argsort(descending=True, stable=True)
    mask = torch.zeros(scores.numel(), dtype=torch.bool, device=scores.device)
    mask[order[:count]] = True
    return mask.view(scores.shape)


def one_each(scores: Tensor) -> Tensor:
    """``scores`` (outputs, ...) in which the best of each output comes before all others.

    An output that has lost all its inputs is constant: a class of which nothing is known any more.
    """
    best = scores.argmax(1, keepdim=True)
    return scores.scatter(1, best, torch.inf)
