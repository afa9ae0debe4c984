"""The layers that architectures are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bnngen.train.choices import ESTIMATORS
from bnngen.train.inputs import InputCode
from bnngen.train.parts import Parts, Shift
from bnngen.train.recipe import ModelTable

pytestmark = pytest.mark.train

EIGHT_BITS = InputCode(np.array(1 / 128, np.float32), np.array(-1, np.float32), 8, 1 / 128)


def parts(code: InputCode = EIGHT_BITS, least_bits: int = 1, dropout: float = 0.0, **model: Any) -> Parts:
    estimator = ESTIMATORS["clipped"]()
    return Parts(ModelTable(architecture="mlp", **model), code, estimator, estimator, least_bits, dropout)


def test_bytes_reach_the_network_as_they_are() -> None:
    pixels = torch.arange(256.0)[:, None]
    assert torch.equal(parts().input(0)(pixels) * 128, pixels - 128)


def test_an_input_for_each_channel() -> None:
    code = InputCode(np.array([1, -1], np.float32), np.array([0, 3], np.float32), 1)
    x = torch.tensor([[[1.0, -1], [2, 4]]])
    assert parts(code).input(1)(x).tolist() == [[[1, -1], [1, -1]]]


def test_a_learned_threshold_moves_the_sign() -> None:
    act = parts(thresholds="learned").activation("dense_0", 2)
    (shift,) = (module for module in act if isinstance(module, Shift))
    with torch.no_grad():
        shift.shift[0] = -1
    x = torch.tensor([[0.5, 0.5]], requires_grad=True)
    y = act(x)
    assert y.tolist() == [[-1, 1]]
    y.sum().backward()
    assert shift.shift.grad.tolist() == [1, 1]


def test_layers_get_their_bits_and_warm_starts_more() -> None:
    def levels(made: Parts) -> int:
        layer = made.dense("dense_0", 50, 50)
        return len(layer.quant_weight().value.unique())

    assert levels(parts()) == 2
    assert levels(parts(weight_bits=2)) == 3
    assert levels(parts(layers={"dense_0": {"weight_bits": 3}})) == 7
    assert levels(parts(least_bits=4)) == 15
    assert levels(parts(least_bits=2, weight_bits=3)) == 7


def test_names_in_the_file() -> None:
    made = parts(dropout=0.1)
    model = made.start(rank=0)
    made.add(model, "dense_0", made.dense("dense_0", 4, 3), 3)
    assert [name for name, _ in model.named_children()] == ["input", "dense_0", "dense_0_norm", "dense_0_act"]
    assert any(isinstance(module, torch.nn.Dropout) for module in model.modules())
