"""Differences of absolute values, as PACT has them."""

from __future__ import annotations

import pytest
from support.onnx_files import agrees, refuses, signs

from tests.frontend.onnx_file import File

ABS = "layer 'abs': Abs falls and rises, so that no threshold stands for a level behind it; leave it out"


@pytest.mark.parametrize("height", [1.75, -0.5])
@pytest.mark.parametrize("slope", [1.0, 0.5, -0.25])
@pytest.mark.parametrize("turned", [False, True])
def test_a_tensor_held_between_two_ends(height: float, slope: float, turned: bool) -> None:
    model = File(5)
    x = model.node("MatMul", model.quant("x", 0.5), signs(5, 4))
    x = model.node("Mul", x, slope)
    beside = model.node("Sub", height, x) if turned else model.node("Sub", x, height)
    held = model.node("Sub", model.node("Abs", x), model.node("Abs", beside))
    held = model.node("Mul", model.node("Add", held, height), 0.5)
    agrees(model, model.node("MatMul", model.quant(held, 0.25), signs(4, 3)))


def test_others_are_refused() -> None:
    model = File(5)
    x = model.node("MatMul", model.quant("x", 0.5), signs(5, 4))
    other = model.node("Abs", model.node("Mul", x, 2.0), name="abs")
    y = model.node("Sub", model.node("Abs", x), other)
    refuses(model, model.node("MatMul", model.quant(y, 0.25), signs(4, 3)), ABS)


def test_alone_it_is_refused() -> None:
    model = File(5)
    x = model.node("MatMul", model.quant("x", 0.5), signs(5, 4))
    y = model.node("Abs", x, name="abs")
    refuses(model, model.node("MatMul", model.quant(y, 0.25), signs(4, 3)), ABS)


def test_it_may_cancel_out() -> None:
    model = File(5)
    x = model.node("MatMul", model.quant("x", 0.5), signs(5, 4))
    y = model.node("Abs", x)
    y = model.node("Add", y, model.node("Sub", model.bipolar(x), y))
    agrees(model, model.node("MatMul", y, signs(4, 3)))
