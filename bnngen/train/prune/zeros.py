"""Weights that become zeros, one by one or in groups: shared by the units that do so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bnngen.train.prune.chain import products
from bnngen.train.prune.removal import Zeros, with_zero
from bnngen.train.prune.scores import Score
from bnngen.train.trainee import Trainee

GONE = -1.0
"""The score of a weight that is 0 already: it goes first. All others have 0 or more."""


def ranked(network: Trainee, score: Score) -> list[Tensor | None]:
    """The scores (outputs, inputs) of each product's weights; None for one that knows no 0."""
    layers = zip(products(network.body), score.weights(), with_zero(network.body), strict=True)
    return [
        torch.where(layer.weight == 0, GONE, scores).flatten(1) if can else None
        for layer, scores, can in layers
    ]


def keep(network: Trainee, scores: Sequence[Tensor | None], mask: Callable[[Tensor], Tensor]) -> Zeros:
    """All weights become zeros but those in the ``mask`` of each product's scores."""
    layers = zip(products(network.body), scores, strict=True)
    return Zeros([None if s is None else mask(s).view_as(layer.weight) for layer, s in layers])


def all_but(share: float, count: int) -> int:
    """How many of ``count`` stay when this ``share`` of them goes."""
    return count - round(share * count)
