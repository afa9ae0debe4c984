"""Neurons and channels: Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnngen.base.errors import RecipeError
from bnngen.train.prune.chain import links
from bnngen.train.prune.removal import Outputs
from bnngen.train.prune.scores import Score, comparable
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Gone, highest
from bnngen.train.prune.zeros import all_but
from bnngen.train.trainee import Trainee


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Outputs:
    """Those of least score in each layer, or in all layers together; every layer keeps one at least.

    Shares are of the outputs that ``original`` has. With ``multiple``, as many stay as make a multiple.
    """
    scores = score.outputs()
    counts = _counts(scores, widths(original), gone, table)
    kept = [
        highest(s, _rounded(count, len(s), table.multiple)) for s, count in zip(scores, counts, strict=True)
    ]
    return Outputs([_indices(mask) for mask in kept])


def widths(network: Trainee) -> list[int]:
    """How many outputs each layer has that can lose some, in order. Raises RecipeError as `links`."""
    return [link.outputs for link in links(network.body)]


def check_widths(wanted: Sequence[int], network: Trainee) -> None:
    """Raises RecipeError if the layers of ``network`` can't be pruned to the ``wanted`` widths."""
    names = {id(module): name for name, module in network.body.named_modules()}
    layers = [names[id(link.product)] for link in links(network.body)]
    if len(wanted) != len(layers):
        raise RecipeError(
            f"found {len(wanted)} numbers; accepted: {len(layers)}, for {', '.join(layers)}", "prune.widths"
        )
    for layer, width, most in zip(layers, wanted, widths(network), strict=True):
        if width > most:
            raise RecipeError(f"found {width} for {layer}; accepted: 1 to {most}", "prune.widths")


def _counts(scores: Sequence[Tensor], sizes: Sequence[int], gone: Gone, table: PruneTable) -> list[int]:
    """How many outputs are to stay in each layer of which there were ``sizes`` before any pruning."""
    if table.widths is not None:
        pairs = zip(table.widths, sizes, strict=True)
        return [all_but(gone(1 - width / size), size) for width, size in pairs]
    assert table.amount is not None
    share = gone(table.amount)
    if table.scope == "layer":
        return [all_but(share, size) for size in sizes]
    together = torch.cat([s for s in comparable(scores) if s is not None])
    left = highest(together, all_but(share, sum(sizes))).split([len(s) for s in scores])
    return [int(mask.sum()) for mask in left]


def _rounded(count: int, available: int, multiple: int) -> int:
    """The multiple next to ``count``, at least one and not more than there are."""
    return min(available, max(1, round(count / multiple)) * multiple)


def _indices(mask: Tensor) -> list[int]:
    result: list[int] = mask.nonzero().flatten().tolist()
    return result
