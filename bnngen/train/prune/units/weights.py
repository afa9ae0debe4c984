"""Single weights: Han et al., "Learning both Weights and Connections", NIPS 2015."""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.removal import Zeros
from bnngen.train.prune.scores import Score, comparable
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Gone, highest, one_each
from bnngen.train.prune.zeros import all_but, keep, ranked
from bnngen.train.trainee import Trainee


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Zeros:
    """The weights of least score in each layer, or in all together, but the best of each output."""
    assert table.amount is not None
    share = gone(table.amount)
    scores = ranked(network, score)
    if table.scope == "layer":
        return keep(network, scores, lambda s: highest(one_each(s), all_but(share, s.numel())))
    alike = [None if s is None else one_each(s) for s in comparable(scores)]
    together = torch.cat([s.flatten() for s in alike if s is not None])
    left = highest(together, all_but(share, together.numel()))
    masks = iter(left.split([s.numel() for s in alike if s is not None]))

    def mask(scores: Tensor) -> Tensor:
        return next(masks)

    return keep(network, alike, mask)
