"""The annealed tanh (error decay estimator) of IR-Net: Qin et al., CVPR 2020."""

from __future__ import annotations

import torch
from torch import Tensor

from bnngen.train.estimators.sign import Estimator

FIRST, LAST = 0.1, 10.0
"""The tanh's steepness at the start, where all weights still learn, and at the end, near the sign."""


class Annealed(Estimator):
    """The derivative of k*tanh(t*x), where t grows from `FIRST` to `LAST` and k = max(1/t, 1)."""

    def slope(self, x: Tensor) -> Tensor:
        """The slope that the backward pass takes at ``x``."""
        t = FIRST * (LAST / FIRST) ** self.progress
        return max(1 / t, 1.0) * t * (1 - torch.tanh(t * x).square())
