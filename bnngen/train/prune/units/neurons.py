"""Neurons and channels: Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017."""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.network import Trainee
from bnngen.train.prune.chain import links
from bnngen.train.prune.removal import Outputs
from bnngen.train.prune.scores import Score, comparable
from bnngen.train.prune.units import Gone, highest
from bnngen.train.prune.zeros import all_but
from bnngen.train.recipe import PruneTable


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Outputs:
    """Those of least score in each layer, or in all layers together; every layer keeps one at least.

    The share is of the outputs that ``original`` has. With ``multiple``, as many stay as make a multiple.
    """
    assert table.amount is not None
    share = gone(table.amount)
    scores = score.outputs()
    widths = [link.outputs for link in links(original.body)]
    if table.scope == "layer":
        counts = [all_but(share, width) for width in widths]
    else:
        together = torch.cat([s for s in comparable(scores) if s is not None])
        left = highest(together, all_but(share, sum(widths))).split([len(s) for s in scores])
        counts = [int(mask.sum()) for mask in left]
    kept = [
        highest(s, _rounded(count, len(s), table.multiple)) for s, count in zip(scores, counts, strict=True)
    ]
    return Outputs([_indices(mask) for mask in kept])


def _rounded(count: int, available: int, multiple: int) -> int:
    """The multiple next to ``count``, at least one and not more than there are."""
    return min(available, max(1, round(count / multiple)) * multiple)


def _indices(mask: Tensor) -> list[int]:
    return mask.nonzero().flatten().tolist()
