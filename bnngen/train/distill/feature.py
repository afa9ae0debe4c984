"""Feature-based distillation: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnngen.train.distill.teacher import Answer
from bnngen.train.recipe import DistillTable


class FeatureLoss(nn.Module):
    """How far a learned linear map of the student's last hidden layer is from the teacher's.

    The map (the adapter) makes up for different widths; it is dropped after training. Features of the
    teacher are normalised over the batch, so that the loss has the same size for every teacher.
    """

    def __init__(self, table: DistillTable, student: int, teacher: int) -> None:
        super().__init__()
        self.adapter = nn.Linear(student, teacher)

    def forward(self, own: Answer, taught: Answer) -> Tensor:
        """The loss of a batch, for the answers of the student and of the teacher."""
        hidden, features = own[1], taught[1]
        mean, deviation = features.mean(0), features.std(0, correction=0)
        wanted = (features - mean) / torch.where(deviation > 0, deviation, 1.0)
        return nn.functional.mse_loss(self.adapter(hidden), wanted)
