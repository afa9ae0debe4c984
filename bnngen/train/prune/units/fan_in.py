"""At most N of each M inputs of a neuron: Zhou et al., "Learning N:M Fine-grained Structured Sparse Neural
Networks From Scratch", ICLR 2021.

Where M is all inputs, it is the fixed fan-in of Umuroglu et al., "LogicNets", FPL 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.removal import Zeros
from bnngen.train.prune.scores import Score
from bnngen.train.prune.table import PruneTable
from bnngen.train.prune.units import Gone
from bnngen.train.prune.zeros import GONE, all_but, keep, ranked
from bnngen.train.trainee import Trainee


def choose(network: Trainee, score: Score, original: Trainee, gone: Gone, table: PruneTable) -> Zeros:
    """The inputs of least score in each group of neighbours; a last group, if smaller, keeps as many."""
    least = table.fan_in
    assert least is not None

    def mask(scores: Tensor) -> Tensor:
        outputs, inputs = scores.shape
        group = min(table.group or inputs, inputs)
        stay = max(least, all_but(gone(1 - least / group), group))
        missing = -inputs % group
        groups = torch.nn.functional.pad(scores, (0, missing), value=2 * GONE).view(outputs, -1, group)
        best = groups.argsort(dim=2, descending=True, stable=True)[..., : min(stay, group)]
        kept = torch.zeros_like(groups, dtype=torch.bool).scatter_(2, best, True)
        return kept.view(outputs, -1)[:, :inputs]

    return keep(network, ranked(network, score), mask)
