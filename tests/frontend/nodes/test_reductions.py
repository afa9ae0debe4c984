"""Reductions, Min and Max of constants; Min and Max with a computed tensor; weights with a scale a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from bnngen.numbers.datatypes import BIPOLAR
from bnngen.ops.dense import Dense
from tests.frontend.onnx_file import File

LATENT = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceL1"])
@pytest.mark.parametrize("axes", [None, [1], [0, 1], [-1]])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("opset", [11, 18])
def test_a_scale_of_the_weights(op: str, axes: list[int] | None, keepdims: int, opset: int) -> None:
    model = File(4, opset=opset)
    absolute = model.node("Abs", LATENT)
    inputs: list[Any] = [absolute] if axes is None or opset < 18 else [absolute, np.array(axes)]
    given: dict[str, Any] = {"axes": axes} if axes is not None and opset < 18 else {}
    alpha = model.node(op, *inputs, keepdims=keepdims, **given)
    if not keepdims and axes in ([1], [-1]):
        alpha = model.node("Reshape", alpha, np.array([3, 1]))
    weights = model.node("Mul", model.node("Sign", LATENT), alpha)
    network = agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=1))
    layer = network.layers[0].op
    assert isinstance(layer, Dense)
    assert layer.weight_type == BIPOLAR


@pytest.mark.parametrize(
    ("weights", "transposed"),
    [(signs(4, 3) * [0.1, 0.3, 7.7], False), (signs(3, 4) * [[0.1], [0.3], [1e-9]], True)],
)
def test_a_folded_scale_a_row(weights: np.ndarray, transposed: bool) -> None:
    """As an exporter folds a batch norm into binary weights."""
    model = File(4)
    weights = weights.astype(np.float32).astype(np.float64)
    network = agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=int(transposed)))
    layer = network.layers[0].op
    assert isinstance(layer, Dense)
    assert layer.weight_type == BIPOLAR


def test_levels_in_thirds() -> None:
    """DoReFa's, where the exporter has computed nothing."""
    model = File(4)
    whole = model.node("Round", LATENT * 2)
    held = model.node("Clip", whole, -2.0, 1.0)
    thirds = model.node("Sub", model.node("Div", model.node("Mul", held, 2.0), 3.0), 1.0)
    agrees(model, model.node("Gemm", model.bipolar("x"), thirds, transB=1))


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
            lambda m, x: m.node("ReduceMax", x, name="r"),
            "ReduceMax is supported on constants only, not on the computed tensor",
        ),
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
