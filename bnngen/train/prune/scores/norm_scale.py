"""The batch norm's factor: Liu et al., "Learning Efficient Convolutional Networks through Network Slimming",
ICCV 2017.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.chain import links
from bnngen.train.prune.scores import Score, times_outputs


class NormScale(Score):
    """The absolute value of gamma; for a weight times its magnitude.

    A sign takes only gamma's own sign from it, so in networks of one activation bit gamma says little.
    """

    def weights(self) -> list[Tensor]:
        """Its magnitude times the gamma of its output."""
        return times_outputs(self.network.body, self.outputs())

    def outputs(self) -> list[Tensor]:
        """The absolute value of gamma; 1 without a batch norm."""
        return [
            torch.ones(link.outputs) if link.norm is None else link.norm.weight.detach().abs()
            for link in links(self.network.body)
        ]
