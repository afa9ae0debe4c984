"""Relation-based distillation: Park et al., "Relational Knowledge Distillation", CVPR 2019."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnngen.train.distill.teacher import Answer
from bnngen.train.recipe import DistillTable

DISTANCE, ANGLE = 1.0, 2.0
"""The weights of the two losses in the paper."""

ANGLE_SAMPLES = 64
"""Angles are taken between so many samples of a batch: their number grows with the third power."""


class RelationLoss(nn.Module):
    """`relation_loss` of what both answer."""

    def __init__(self, table: DistillTable, student: int, teacher: int) -> None:
        super().__init__()

    def forward(self, own: Answer, taught: Answer) -> Tensor:
        """The loss of a batch, for the answers of the student and of the teacher."""
        return relation_loss(own[1], taught[1])


def relation_loss(hidden: Tensor, taught: Tensor) -> Tensor:
    """How far distances and angles between samples differ in the last hidden layers of student and teacher.

    ``hidden`` (N, student) and ``taught`` (N, teacher) may have different widths.
    """
    huber = nn.functional.smooth_l1_loss
    few, few_taught = hidden[:ANGLE_SAMPLES], taught[:ANGLE_SAMPLES]
    distance = huber(distances(hidden), distances(taught))
    return DISTANCE * distance + ANGLE * huber(angles(few), angles(few_taught))


def distances(x: Tensor) -> Tensor:
    """The distances (N, N) between the rows of ``x``, over their mean."""
    # the small number keeps the gradient of the root finite where a sample meets itself
    squares = (x[:, None] - x[None]).square().sum(2) if len(x) <= ANGLE_SAMPLES else _squares(x)
    apart = (squares.clamp_min(0) + 1e-6).sqrt()
    return apart / apart.mean()


def _squares(x: Tensor) -> Tensor:
    """The squared distances by one matrix product, which takes less memory."""
    norms = x.square().sum(1)
    return norms[:, None] + norms[None] - 2 * x @ x.T


def angles(x: Tensor) -> Tensor:
    """The cosines (N, N, N) of the angles at each row between any two others; 0 where rows are equal."""
    apart = x[None] - x[:, None]
    squares = apart.square().sum(2, keepdim=True)
    # equal rows have no direction, nor a gradient: that of a root near 0 would drown all others
    directions = torch.where(squares > 0, apart * (squares + (squares == 0)).rsqrt(), 0)
    return torch.bmm(directions, directions.transpose(1, 2))
