"""First-order Taylor expansion of the loss: Molchanov et al., ICLR 2017, and CVPR 2019 for weights."""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.prune.chain import products
from bnngen.train.prune.scores import Score


class Taylor(Score):
    """How much the loss changes, to first order, when a weight or an activation becomes 0."""

    def weights(self) -> list[Tensor]:
        """The absolute value of weight times gradient, the gradient of the loss over all samples."""
        layers = products(self.network.body)
        for loss in self.losses():
            loss.backward()
        with torch.no_grad():
            scores = [(layer.weight * layer.weight.grad).abs() for layer in layers]
        self.network.zero_grad(set_to_none=True)
        return scores

    def outputs(self) -> list[Tensor]:
        """The mean over the samples of the absolute value of activation times gradient, summed over a map.

        Of the activation, not of the weights in front of it: a batch norm undoes any scale of these, so that
        their products with their gradients add up to 0.
        """
        return self.over_outputs(lambda x, gradient: (x * gradient).sum(2).abs())
