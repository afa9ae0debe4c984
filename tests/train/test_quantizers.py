"""The levels that each quantiser has."""

from __future__ import annotations

import pytest
import torch

from bnngen.train.brevitas_import import qnn
from bnngen.train.choices import ESTIMATORS
from bnngen.train.quantizers import (
    RELU_RANGE,
    bipolar_activation,
    relu_activation,
    signed_activation,
    symmetric_activation,
    weight_quantizer,
)

pytestmark = pytest.mark.train

X = torch.linspace(-5, 5, 20_001)
ESTIMATOR = ESTIMATORS["clipped"]()


def levels(values: torch.Tensor) -> list[float]:
    result: list[float] = values.detach().unique().tolist()
    return result


def test_bipolar() -> None:
    act = bipolar_activation(ESTIMATOR)
    assert levels(act(X)) == [-1, 1]
    assert act(torch.zeros(1)).item() == 1


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_integers_of_activations(bits: int) -> None:
    most = 2 ** (bits - 1)
    assert levels(relu_activation(bits)(X)) == pytest.approx(
        [RELU_RANGE * k / (2**bits - 1) for k in range(2**bits)]
    )
    assert levels(signed_activation(bits, 2.0)(X)) == [2 * k / most for k in range(-most, most)]
    assert levels(symmetric_activation(bits)(X)) == pytest.approx(
        [k / (most - 1) for k in range(1 - most, most)]
    )


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_integers_of_weights(bits: int) -> None:
    layer = qnn.QuantLinear(100, 100, bias=False, weight_quant=weight_quantizer(bits, ESTIMATOR))
    torch.nn.init.uniform_(layer.weight, -1, 1)
    most = 2 ** (bits - 1) - 1
    wanted = [k / most for k in range(-most, most + 1)] if bits > 1 else [-1, 1]
    assert levels(layer.quant_weight().value) == pytest.approx(wanted)


def test_the_scale_of_a_relu_is_learned() -> None:
    act = relu_activation(2)
    act(X).sum().backward()
    (scale,) = act.parameters()
    assert scale.grad.abs() > 0
