"""Fisher's matrix in place of the Hessian of LeCun, Denker and Solla, "Optimal Brain Damage", NIPS 1989.

For outputs: Theis et al., "Faster gaze prediction with dense networks and Fisher pruning", 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.chain import products
from bnngen.train.prune.scores import Score


class Fisher(Score):
    """How much the loss grows, to second order, when a weight or an activation becomes 0."""

    def weights(self) -> list[Tensor]:
        """Half the squared weight times the squared gradient, the latter summed over batches.

        Over batches rather than samples, which takes one pass a batch; their order of size is what counts.
        """
        layers = products(self.network.body)
        scores = [torch.zeros_like(layer.weight) for layer in layers]
        for loss in self.losses():
            loss.backward()
            with torch.no_grad():
                for score, layer in zip(scores, layers, strict=True):
                    score += 0.5 * (layer.weight * layer.weight.grad).square()
            self.network.zero_grad(set_to_none=True)
        return scores

    def outputs(self) -> list[Tensor]:
        """Half the squared product of activation and gradient, summed over a map, over the samples."""
        return self.over_outputs(lambda x, gradient: 0.5 * (x * gradient).sum(2).square())
