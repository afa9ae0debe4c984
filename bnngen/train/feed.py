"""The data on the device, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bnngen.train.augment import Augment, make_augment
from bnngen.train.datasets.dataset import Subset
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import TrainTable

EVALUATION_BATCH = 1024

Batch = tuple[Tensor, Tensor, Tensor]
"""Inputs, labels, and which samples they are."""

_SEED_STEP = 1_000_003
"""Between the seeds of epochs, so that those of neighbouring recipes' seeds don't meet."""


@dataclass(frozen=True)
class Tensors:
    """A part of the data on the device; ``x`` in the type it is stored in."""

    x: Tensor
    y: Tensor

    @classmethod
    def of(cls, part: Subset, device: torch.device) -> Tensors:
        """The samples and labels of a part, on ``device``."""
        return cls(torch.from_numpy(part.x).to(device), torch.from_numpy(part.y).to(device))


class Feed:
    """The training samples: whole batches in random order, and changed at random as the recipe says."""

    def __init__(self, prepared: Prepared, table: TrainTable, device: torch.device) -> None:
        self._all = Tensors.of(prepared.data.train, device)
        self.batch = min(table.batch, len(prepared.data.train))
        self.batches = len(prepared.data.train) // self.batch
        self._augment = _augment(prepared, table)

    def order(self, random: torch.Generator) -> Tensor:
        """Once through all samples: which ones each batch has (batches, batch)."""
        count = self.batches * self.batch
        order = torch.randperm(len(self._all.y), generator=random)[:count].to(self._all.y.device)
        return order.view(self.batches, self.batch)

    def some(self, random: torch.Generator, count: int) -> Iterator[Batch]:
        """The first ``count`` batches of such a pass, as they are."""
        return map(self._plain, self.order(random)[:count])

    def _plain(self, chosen: Tensor) -> Batch:
        return self._all.x[chosen].float(), self._all.y[chosen], chosen

    def augmented(self, chosen: Tensor, random: torch.Generator) -> Batch:
        """The samples ``chosen`` (N,), changed at random as the recipe says."""
        x, y, _ = self._plain(chosen)
        return (x if self._augment is None else self._augment(x, random)), y, chosen


def epoch_random(seed: int, epoch: int) -> torch.Generator:
    """Every epoch has a seed of its own: one that is begun again is the same as before."""
    own = seed + _SEED_STEP * epoch
    torch.manual_seed(own)  # dropout has no generator of its own
    return torch.Generator().manual_seed(own)


def _augment(prepared: Prepared, table: TrainTable) -> Augment | None:
    if table.augmentation == type(table.augmentation)() or prepared.image is None:
        return None
    x = prepared.data.train.x
    low, high = float(x.min()), float(x.max())
    return make_augment(table.augmentation, prepared.image, low, high - low)


def predicted(network: nn.Module, part: Tensors) -> Tensor:
    """The class (N,) that the network gives each sample of ``part``."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(x.float()).argmax(1) for x in part.x.split(EVALUATION_BATCH)])


def accuracy(network: nn.Module, part: Tensors) -> float:
    """The share of ``part`` that the network gets right."""
    return int((predicted(network, part) == part.y).sum()) / len(part.y)
