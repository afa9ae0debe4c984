"""The sign with a gradient that the estimator chooses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor


class Estimator(ABC):
    """Forward the sign, with sign(0) = +1; backward `slope` in place of its derivative.

    ``progress`` goes from 0 to 1 over the training; whoever trains sets it.
    """

    progress: float = 0.0

    @abstractmethod
    def slope(self, x: Tensor) -> Tensor:
        """The factor for the gradient at each element of ``x``."""

    def __call__(self, x: Tensor) -> Tensor:
        """-1 and +1 in the shape of ``x``."""
        return _Sign.apply(x, self)


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, estimator: Estimator) -> Tensor:
        ctx.save_for_backward(x)
        ctx.estimator = estimator
        return (x >= 0).to(x.dtype).mul_(2).sub_(1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        return gradient * ctx.estimator.slope(x), None
