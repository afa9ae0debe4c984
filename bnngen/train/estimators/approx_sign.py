"""ApproxSign, a piecewise polynomial: Liu et al., "Bi-Real Net", ECCV 2018."""

from __future__ import annotations

from torch import Tensor

from bnngen.train.estimators.sign import Estimator


class ApproxSign(Estimator):
    """2 - 2*abs(x) where abs(x) < 1, else 0: the derivative of 2x + x^2 left and 2x - x^2 right of 0."""

    def slope(self, x: Tensor) -> Tensor:
        """The slope that the backward pass takes at ``x``."""
        return (2 - 2 * x.abs()).clamp_min(0)
