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

    def plain(self, random: torch.Generator) -> Iterator[Batch]:
        """Once through all samples as they are."""
        count = self.batches * self.batch
        order = torch.randperm(len(self._all.y), generator=random)[:count].to(self._all.y.device)
        for chosen in order.view(self.batches, self.batch):
            yield self._all.x[chosen].float(), self._all.y[chosen], chosen

    def augmented(self, random: torch.Generator) -> Iterator[Batch]:
        """The same with the recipe's augmentation."""
        for x, y, chosen in self.plain(random):
            yield (x if self._augment is None else self._augment(x, random)), y, chosen


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
