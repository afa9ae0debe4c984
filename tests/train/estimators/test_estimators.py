"""Forward the sign, backward what the papers say: the slope is the derivative of the curve it stands for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from bnngen.train.choices import ESTIMATORS
from bnngen.train.estimators.annealed import FIRST, LAST

pytestmark = pytest.mark.train

Curve = Callable[[torch.Tensor], torch.Tensor]

X = torch.tensor([-3.0, -1.5, -0.9, -0.3, 0.0, 0.2, 0.7, 1.4, 5.0])


def clipped(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(-1, 1)


def approx_sign(x: torch.Tensor) -> torch.Tensor:
    inner = torch.where(x < 0, 2 * x + x * x, 2 * x - x * x)
    return torch.where(x.abs() < 1, inner, torch.sign(x))


def tanh(t: float) -> Curve:
    return lambda x: max(1 / t, 1) * torch.tanh(t * x)


CURVES = [
    ("clipped", 0.5, clipped),
    ("approx_sign", 0.5, approx_sign),
    ("annealed", 0.0, tanh(FIRST)),
    ("annealed", 0.5, tanh((FIRST * LAST) ** 0.5)),
    ("annealed", 1.0, tanh(LAST)),
]


def gradient(function: Curve, x: torch.Tensor) -> torch.Tensor | None:
    x = x.clone().requires_grad_(True)
    (function(x) * torch.arange(1.0, len(x) + 1)).sum().backward()
    return x.grad


@pytest.mark.parametrize(("name", "progress", "curve"), CURVES)
def test_the_gradient_is_that_of_the_curve(name: str, progress: float, curve: Curve) -> None:
    estimator = ESTIMATORS[name]()
    estimator.progress = progress
    torch.testing.assert_close(gradient(estimator, X), gradient(curve, X))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_value_is_the_sign(name: str) -> None:
    assert ESTIMATORS[name]()(X).tolist() == [-1, -1, -1, -1, 1, 1, 1, 1, 1]
