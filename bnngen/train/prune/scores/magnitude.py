"""Magnitude: Han et al., NIPS 2015; for outputs the sum of Li et al., ICLR 2017."""

from __future__ import annotations

from torch import Tensor

from bnngen.train.prune.chain import links, products
from bnngen.train.prune.scores import Score


class Magnitude(Score):
    """How far the latent weights are from 0; needs no samples."""

    def weights(self) -> list[Tensor]:
        """The absolute value of each weight."""
        return [layer.weight.detach().abs() for layer in products(self.network.body)]

    def outputs(self) -> list[Tensor]:
        """The sum of the absolute weights of each output."""
        return [link.product.weight.detach().abs().flatten(1).sum(1) for link in links(self.network.body)]
