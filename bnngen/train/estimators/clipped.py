"""The clipped identity: Hubara, Courbariaux et al., "Binarized Neural Networks", NIPS 2016."""

from __future__ import annotations

from torch import Tensor

from bnngen.train.estimators.sign import Estimator


class Clipped(Estimator):
    """1 where abs(x) <= 1, else 0: the derivative of clip(x, -1, 1)."""

    def slope(self, x: Tensor) -> Tensor:
        """The slope that the backward pass takes at ``x``."""
        return (x.abs() <= 1).to(x.dtype)
