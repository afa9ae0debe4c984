"""Feature-based distillation: Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FeatureLoss(nn.Module):
    """How far a learned linear map of the student's last hidden layer is from the teacher's.

    The map (the adapter) makes up for different widths; it is dropped after training. Features of the
    teacher are normalised over the batch, so that the loss has the same size for every teacher.
    """

    def __init__(self, student: int, teacher: int) -> None:
        super().__init__()
        self.adapter = nn.Linear(student, teacher)

    def forward(self, hidden: Tensor, taught: Tensor) -> Tensor:
        """``hidden`` (N, student) and ``taught`` (N, teacher)."""
        mean, deviation = taught.mean(0), taught.std(0, correction=0)
        wanted = (taught - mean) / torch.where(deviation > 0, deviation, 1.0)
        return nn.functional.mse_loss(self.adapter(hidden), wanted)
