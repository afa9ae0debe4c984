"""Comparisons, Where and logic: binarizers of activations and of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from support.onnx_files import agrees, refuses, signs

from bnngen.numbers.datatypes import BIPOLAR
from bnngen.ops.dense import Dense
from tests.frontend.onnx_file import File

WEIGHTS = signs(3, 4)
LATENT = np.array([[0.3, -0.2, 0.0, 1.0], [-0.0, 2.0, -1e-30, 0.5], [0.1, -7.0, 0.2, -0.4]], np.float32)
COMPARISONS = ["GreaterOrEqual", "Greater", "LessOrEqual", "Less"]


def hidden(model: File) -> str:
    """Sums of small integers, which meet every tie."""
    return model.node("MatMul", model.quant("x", 1.0, 3.0), WEIGHTS)


def product(model: File, bits: str) -> str:
    return model.node("MatMul", bits, signs(4, 3) * 1.0)


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize("sides", ["left", "right", "channels", "both"])
@pytest.mark.parametrize("at_input", [False, True])
def test_comparisons(op: str, sides: str, at_input: bool) -> None:
    model = File(4 if at_input else 3)
    value = "x" if at_input else hidden(model)
    operands: tuple[Any, ...] = {
        "left": (value, 1.0),
        "right": (0.0, value),
        "channels": (value, np.array([0.0, 1, -1, 2])),
        "both": (value, model.node("Neg", value)),
    }[sides]
    if at_input and sides in ("channels", "both"):
        return
    bits = model.node("Cast", model.node(op, *operands), to=TensorProto.DOUBLE)
    agrees(model, product(model, bits))


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize("at_input", [False, True])
@pytest.mark.parametrize("style", ["where", "where full", "arithmetic", "reversed", "integers", "not"])
def test_binarizers_take_one_bit(op: str, at_input: bool, style: str) -> None:
    model = File(4 if at_input else 3)
    bit = model.node(op, "x" if at_input else hidden(model), 0.0)
    if style == "where":
        sign = model.node("Where", bit, 1.0, -1.0)
    elif style == "where full":
        sign = model.node("Where", bit, -np.full((1, 4), 0.5), np.full((1, 4), 0.5))
    elif style == "arithmetic":
        doubled = model.node("Mul", model.node("Cast", bit, to=TensorProto.DOUBLE), 2.0)
        sign = model.node("Sub", doubled, 1.0)
    elif style == "reversed":
        sign = model.node("Sub", 1.0, model.node("Mul", 2.0, model.node("Cast", bit, to=TensorProto.DOUBLE)))
    elif style == "integers":
        whole = model.node("Cast", bit, to=TensorProto.INT32)
        doubled = model.node("Sub", model.node("Mul", whole, np.int32(2)), np.int32(1))
        sign = model.node("Cast", doubled, to=TensorProto.DOUBLE)
    else:
        sign = model.node("Where", model.node("Not", bit), 1.0, -1.0)
    network = agrees(model, product(model, sign))
    assert isinstance(network.layers[-1].op, Dense)
    assert network.layers[-1].op.input_type == BIPOLAR


def test_a_padded_convolution_behind_a_comparison() -> None:
    """The middle of -1 and +1 is 0, that of 0 and 1 isn't."""
    model = File(1, 4, 4)
    sign = model.node("Where", model.node("Greater", "x", 0.25), 0.5, -0.5)
    agrees(model, model.node("Conv", sign, signs(2, 1, 3, 3) * 1.0, pads=[1] * 4))


@pytest.mark.parametrize("op", ["And", "Or"])
def test_logic(op: str) -> None:
    model = File(3)
    value = hidden(model)
    both = model.node(op, model.node("Greater", value, -2.0), model.node("Less", value, 1.0))
    agrees(model, product(model, model.node("Where", both, 3.0, 1.0)))


@pytest.mark.parametrize("op", [*COMPARISONS, "Equal"])
def test_weights(op: str) -> None:
    model = File(4)
    bit = model.node(op, LATENT, np.float32(0))
    weights = model.node("Where", model.node("Not", bit), 1.0, -1.0)
    agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=1))


@pytest.mark.parametrize("op", ["And", "Or"])
def test_ternary_weights(op: str) -> None:
    model = File(4)
    latent = LATENT.astype(np.float64)
    mask = model.node(op, model.node("Less", latent, 0.25), model.node("Greater", latent, -0.25))
    sign = model.node("Where", mask, 0.0, model.node("Sign", latent))
    alpha = model.node("ReduceMean", model.node("Abs", latent), axes=[1], keepdims=1)
    agrees(model, model.node("Gemm", model.bipolar("x"), model.node("Mul", alpha, sign), transB=1))


@pytest.mark.parametrize(
    ("high", "low"),
    [
        (lambda m, x: x, lambda m, x: m.node("Mul", x, 0.25)),
        (lambda m, x: x, lambda m, x: 0.0),
        (lambda m, x: m.node("Add", m.node("Mul", x, 3.0), 1.0), lambda m, x: m.node("Add", x, 1.0)),
        (lambda m, x: 0.0, lambda m, x: x),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_lines_that_meet(high: Any, low: Any, turned: bool) -> None:
    """LeakyRelu, Relu and a clip of Where."""
    model = File(3)
    value = hidden(model)
    bit = model.node("LessOrEqual" if turned else "Greater", value, 0.0)
    sides = [high(model, value), low(model, value)]
    bent = model.node("Where", bit, *(sides[::-1] if turned else sides))
    agrees(model, product(model, model.quant(bent, 1.0, 3.0)))


LINES = (
    "chooses between computed tensors; accepted are two constants, and two lines of the compared tensor that "
    "meet where the comparison changes and never fall, such as Where(x > 0, x, 0.1*x)"
)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda m, x: m.node("Equal", x, 0.0, name="w"),
            "Equal compares computed tensors, which is no threshold: it holds for one number and for none "
            "beside it; write the network with >= or <",
        ),
        (lambda m, x: m.node("Where", m.node("Less", x, 1.0), x, 0.0, name="w"), f"Where {LINES}"),
        (
            lambda m, x: m.node("Where", m.node("Less", x, 0.0), m.node("Neg", x), x, name="w"),
            f"Where {LINES}",
        ),
        (
            lambda m, x: m.node("Where", m.node("Less", x, 0.0), m.node("Relu", x), x, name="w"),
            f"Where {LINES}",
        ),
        (
            lambda m, x: m.node("Where", np.array([True, False, True, True]), x, 0.0, name="w"),
            "Where chooses elements of a computed tensor by a fixed mask, which is not supported; multiply the "
            "weights behind it by the mask",
        ),
        (
            lambda m, x: m.node("Not", m.node("Relu", x, name="r"), name="w"),
            "Not takes the result of a comparison, which the tensor 'r' is not",
        ),
        (
            lambda m, x: m.node(
                "Div",
                m.node("Cast", m.node("Less", x, 0.0), to=TensorProto.INT32),
                np.int32(2),
                name="w",
            ),
            "Div of whole numbers cuts off their fraction; cast them to float first",
        ),
        (
            lambda m, x: m.node("Cast", m.node("Less", x, 0.0), to=TensorProto.UINT8, name="w"),
            "Cast of whole numbers is supported to FLOAT, DOUBLE and larger signed types of integers, of 0 and 1 to BOOL",
        ),
        (
            lambda m, x: m.node(
                "Mul",
                m.node("Cast", m.node("Less", x, 0.0), to=TensorProto.INT32),
                np.int32(200),
                name="w",
            ),
            "Mul makes whole numbers from 0 to 200; accepted are -128 to 127: cast to float",
        ),
    ],
)
def test_what_is_refused(build: Any, message: str) -> None:
    model = File(3)
    refuses(model, build(model, hidden(model)), f"layer 'w': {message}")


def test_a_comparison_cast_to_what_it_is() -> None:
    model = File(6)
    above = model.node("Cast", model.node("Greater", "x", 0.5), to=TensorProto.BOOL)
    agrees(model, model.node("MatMul", model.node("Cast", above, to=TensorProto.DOUBLE), np.eye(6)))
