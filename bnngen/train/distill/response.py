"""Response-based distillation: Hinton, Vinyals and Dean, 2015 (arXiv 1503.02531)."""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.distill.teacher import Answer
from bnngen.train.recipe import DistillTable


class ResponseLoss(nn.Module):
    """`response_loss` at the recipe's temperature."""

    def __init__(self, table: DistillTable, student: int, teacher: int) -> None:
        super().__init__()
        self.temperature = table.temperature

    def forward(self, own: Answer, taught: Answer) -> Tensor:
        """The loss of a batch, for the answers of the student and of the teacher."""
        return response_loss(own[0], taught[0], self.temperature)


def response_loss(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """How far the student's softened probabilities are from the teacher's: T^2 times their KL divergence.

    Both are (N, classes). The factor T^2 keeps the gradients as large as those of the labels.
    """
    student = nn.functional.log_softmax(logits / temperature, dim=1)
    teacher = nn.functional.log_softmax(taught / temperature, dim=1)
    divergence = nn.functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return temperature**2 * divergence
