"""Min and Max of constants, and with a computed tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from tests.frontend.onnx_file import File

LATENT = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize("op", ["Min", "Max"])
def test_extremes(op: str) -> None:
    model = File(4)
    constant = model.node(op, LATENT, np.array(0.25), -LATENT)
    weights = model.node("Sign", model.node("Sub", constant, 0.1))
    value = model.node("Gemm", model.quant("x", 1.0, 3.0), weights, transB=1)
    held = model.node(op, 1.0, value)
    agrees(model, model.node("MatMul", model.quant(held, 1.0, 3.0), signs(3, 2) * 1.0))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda m, x: m.node("Max", x, m.node("Neg", x), name="r"),
            "Max of two computed tensors is not supported",
        ),
        (
            lambda m, x: m.node("Max", x, np.array([1.0, 2, 3, 4]), name="r"),
            "Max of a computed tensor and several numbers is not supported; accepted is one number",
        ),
    ],
)
def test_what_is_refused(build: Any, message: str) -> None:
    model = File(4)
    refuses(model, build(model, model.quant("x", 1.0, 3.0)), f"layer 'r': {message}")
