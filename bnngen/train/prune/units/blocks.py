"""Blocks of PE neurons x SIMD inputs, which an engine takes in one cycle: Narang, Undersander and Diamos,
"Block-Sparse Recurrent Neural Networks", 2017.
"""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.prune.removal import Zeros
from bnngen.train.prune.scores import Score
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Gone, highest, one_each
from bnngen.train.prune.zeros import all_but, keep, ranked
from bnngen.train.trainee import Trainee


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Zeros:
    """The blocks of least mean score in each layer, but the best of each row; at ends they are smaller."""
    assert table.amount is not None
    assert table.pe is not None
    assert table.simd is not None
    share, pe, simd = gone(table.amount), table.pe, table.simd

    def mask(scores: Tensor) -> Tensor:
        outputs, inputs = scores.shape
        padded = nn.functional.pad(scores, (0, -inputs % simd, 0, -outputs % pe), value=float("nan"))
        blocks = padded.view(-(-outputs // pe), pe, -(-inputs // simd), simd).nanmean((1, 3))
        kept = highest(one_each(blocks), all_but(share, blocks.numel()))
        return kept.repeat_interleave(pe, 0).repeat_interleave(simd, 1)[:outputs, :inputs]

    return keep(network, ranked(network, score), mask)
