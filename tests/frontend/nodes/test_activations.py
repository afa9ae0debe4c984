"""Activation functions in front of quantisers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from tests.frontend.onnx_file import File

FUNCTIONS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "leaky": ("LeakyRelu", (), {"alpha": 0.25}),
    "leaky by default": ("LeakyRelu", (), {}),
    "one slope": ("PRelu", (0.5,), {}),
    "slopes": ("PRelu", (np.array([0.5, 0.0, 2.0, 0.125]),), {}),
    "hard sigmoid": ("HardSigmoid", (), {"alpha": 0.125, "beta": 0.5}),
    "tanh": ("Tanh", (), {}),
    "sigmoid": ("Sigmoid", (), {}),
    "softplus": ("Softplus", (), {}),
    "softsign": ("Softsign", (), {}),
    "elu": ("Elu", (), {"alpha": 0.75}),
    "selu": ("Selu", (), {}),
    "celu": ("Celu", (), {"alpha": 0.75}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("scale", [0.25, 0.27])
def test_in_front_of_a_quantizer(name: str, scale: float) -> None:
    op, constants, attributes = FUNCTIONS[name]
    model = File(3)
    value = model.node("MatMul", model.quant("x", 0.5, 4.0), signs(3, 4) * 1.0)
    bent = model.node(op, value, *constants, **attributes)
    agrees(model, model.node("MatMul", model.quant(bent, scale, 3.0), signs(4, 2) * 1.0))


@pytest.mark.parametrize("name", ["leaky", "slopes", "tanh"])
def test_around_pools_and_moves(name: str) -> None:
    op, constants, attributes = FUNCTIONS[name]
    constants = tuple(np.reshape(c, (-1, 1, 1)) for c in constants)
    model = File(2, 5, 5)
    value = model.node("Conv", model.quant("x", 0.5, 4.0), signs(4, 2, 2, 2) * 1.0)
    value = model.node("MaxPool", value, kernel_shape=[2, 2])
    bent = model.node("Flatten", model.node(op, value, *constants, **attributes))
    agrees(model, model.node("MatMul", model.quant(bent, 0.25, 3.0), signs(36, 2) * 1.0))


def test_a_batch_norm_behind_a_smooth_function() -> None:
    model = File(3)
    value = model.node("Tanh", model.node("MatMul", model.quant("x", 0.5, 4.0), signs(3, 4) * 1.0))
    parameters = ([1.0, -2, 0.5, 3], [0.1, 0.2, -0.3, 0.0], [0.0, 0.1, 0.2, 0.3], [1.0, 2, 3, 0.5])
    normed = model.node("BatchNormalization", value, *map(np.array, parameters))
    agrees(model, model.node("MatMul", model.quant(normed, 0.27, 3.0), signs(4, 2) * 1.0))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda m, x: m.node("LeakyRelu", x, alpha=-0.5, name="f"),
            "LeakyRelu has the slope -0.5 in channel 0, so that it falls and rises; accepted are slopes of 0 or "
            "more: train with slopes that are kept above 0",
        ),
        (
            lambda m, x: m.node("Elu", x, alpha=-1.0, name="f"),
            "Elu has alpha = -1, so that it falls or has a step; accepted is one above 0",
        ),
        (
            lambda m, x: m.node("Mul", x, m.node("Sigmoid", x), name="f"),
            "Mul of a tensor and its own sigmoid (SiLU, Swish or HardSwish) falls and rises, so that no "
            "threshold stands for a level behind it; use Relu or Clip (hard-tanh, ReLU6)",
        ),
        (
            lambda m, x: m.node("Abs", x, name="f"),
            "Abs falls and rises, so that no threshold stands for a level behind it; leave it out",
        ),
    ],
)
def test_what_falls_is_refused(build: Any, message: str) -> None:
    model = File(3, opset=20)
    value = model.node("MatMul", model.quant("x", 0.5, 4.0), signs(3, 4) * 1.0)
    refuses(model, model.quant(build(model, value), 1.0, 3.0), f"layer 'f': {message}")
