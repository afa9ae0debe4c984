"""What the training makes smaller."""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.inputs import Prepared
from bnngen.train.network import Trainee
from bnngen.train.recipe import Recipe


class Objective(nn.Module):
    """The cross-entropy of the labels, some of whose weight may be spread over all classes."""

    def __init__(self, smoothing: float) -> None:
        super().__init__()
        self.smoothing = smoothing

    def forward(self, network: Trainee, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of inputs ``x`` with labels ``y``, and the logits (N, classes)."""
        logits = network.logits(x)
        return nn.functional.cross_entropy(logits, y, label_smoothing=self.smoothing), logits


def make_objective(recipe: Recipe, prepared: Prepared, network: Trainee) -> Objective:
    """The recipe's objective for ``network``."""
    return Objective(recipe.train.label_smoothing)
