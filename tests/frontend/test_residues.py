"""Straight-through tricks: what cancels leaves the rest as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from bnngen.numbers.datatypes import BIPOLAR
from tests.frontend.onnx_file import File

LATENT = np.random.default_rng(0).normal(size=(3, 4)) * 10.0 ** np.arange(-12, 0).reshape(3, 4)

TRICKS = {
    "detach": lambda m, x, hard, soft: m.node("Add", x, m.node("Sub", hard, x)),
    "detach reversed": lambda m, x, hard, soft: m.node("Add", m.node("Sub", hard, x), x),
    "clip": lambda m, x, hard, soft: m.node("Add", m.node("Sub", hard, soft), soft),
    "soft first": lambda m, x, hard, soft: m.node("Sub", m.node("Add", soft, hard), soft),
    "from the left": lambda m, x, hard, soft: m.node("Sub", m.node("Add", soft, hard), soft),
    "two at once": lambda m, x, hard, soft: m.node(
        "Add", m.node("Sub", m.node("Sub", hard, soft), x), m.node("Add", x, soft)
    ),
    "negated": lambda m, x, hard, soft: m.node("Sub", x, m.node("Sub", x, hard)),
}


def hard(model: File, x: Any) -> str:
    return model.node("Where", model.node("GreaterOrEqual", x, 0.0), 1.0, -1.0)


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("soft", ["Clip", "Tanh", "own product"])
def test_activations(trick: str, soft: str) -> None:
    model = File(3)
    value = model.node("MatMul", model.quant("x", 1.0, 3.0), signs(3, 4) * 1.0)
    soften = {
        "Clip": lambda: model.node("Clip", value, -1.0, 1.0),
        "Tanh": lambda: model.node("Tanh", value),
        "own product": lambda: model.node("Mul", value, value),
    }[soft]
    result = TRICKS[trick](model, value, hard(model, value), soften())
    network = agrees(model, model.node("MatMul", result, signs(4, 2) * 1.0))
    assert network.layers[0].op.output_type == BIPOLAR


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("soft", ["Clip", "Tanh"])
@pytest.mark.parametrize("alpha", [False, True])
def test_weights(trick: str, soft: str, alpha: bool) -> None:
    """Of numbers so small that double precision would lose them."""
    model = File(4)
    w = model.const(LATENT)
    bits = hard(model, w)
    if alpha:
        bits = model.node("Mul", bits, model.node("ReduceMean", model.node("Abs", w), axes=[1]))
    softened = model.node("Clip", w, -1.0, 1.0) if soft == "Clip" else model.node("Tanh", w)
    weights = TRICKS[trick](model, w, bits, softened)
    agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=1))


def test_two_tensors_that_are_computed_alike() -> None:
    model = File(3)
    value = model.node("MatMul", model.quant("x", 1.0, 3.0), signs(3, 4) * 1.0)
    first, second = (model.node("Clip", model.node("Mul", value, 0.5), -1.0, 1.0) for _ in range(2))
    result = model.node("Add", model.node("Sub", hard(model, value), first), second)
    agrees(model, model.node("MatMul", result, signs(4, 2) * 1.0))


def test_what_does_not_cancel_is_still_a_sum() -> None:
    model = File(3)
    value = model.node("MatMul", model.quant("x", 1.0, 3.0), signs(3, 4) * 1.0)
    a, b, c = (model.quant(value, scale, 3.0) for scale in (1.0, 2.0, 0.5))
    total = model.node("Sub", model.node("Add", model.node("Add", a, b), c), a)
    agrees(model, model.node("MatMul", model.quant(total, 1.0, 4.0), signs(4, 2) * 1.0))


def test_what_is_left_of_a_refused_function_is_refused() -> None:
    model = File(3)
    value = model.quant("x", 1.0, 3.0)
    left = model.node("Add", model.node("Mul", value, value, name="square"), value)
    refuses(model, left, "layer 'square': Mul of two computed tensors is not supported")
