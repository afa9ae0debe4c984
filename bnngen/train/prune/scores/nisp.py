"""Importance that goes back from the scores: Yu et al., "NISP: Pruning Networks using Neuron Importance Score
Propagation", CVPR 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.chain import links
from bnngen.train.prune.scores import Score, times_outputs


class Nisp(Score):
    """An output is as important as those that read it, each times the magnitude of the weight between.

    All classes are equally important. Without the sort by mutual information with which the paper begins,
    and for the responses of the last layer itself.
    """

    def weights(self) -> list[Tensor]:
        """Its magnitude times the importance of its output."""
        return times_outputs(self.network.body, self.outputs())

    def outputs(self) -> list[Tensor]:
        """The importance of each output, carried back from the last layer."""
        chain = links(self.network.body)
        scores: list[Tensor] = []
        behind = torch.ones(len(chain[-1].reader.weight), device=chain[-1].reader.weight.device)
        for link in reversed(chain):
            weights = link.reader.weight.detach().abs()
            taps = weights.reshape(*weights.shape[:2], -1).sum(2)
            behind = link.by_output((behind @ taps)[None])[0].sum(1)
            behind = behind / behind.mean()
            scores.append(behind)
        return scores[::-1]
