"""Operators on quantised tensors: equal to their evaluation, and to the same network with DequantizeLinear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from bnngen.numbers.datatypes import IntType
from tests.frontend.onnx_file import File

MICROSOFT = "com.microsoft"
RANDOM = np.random.default_rng(8)
U8, I8, F32 = np.uint8, np.int8, np.float32


def codes(model: File, scale: float = 0.25, zero: int = 121) -> str:
    return model.node("QuantizeLinear", "x", F32(scale), U8(zero))


def real(model: File, x: str, scale: float, zero: int) -> str:
    """The network's end: its codes as real numbers."""
    return model.node("DequantizeLinear", x, F32(scale), U8(zero))


def weights(*shape: int, type_: Any = np.int8) -> np.ndarray:
    info = np.iinfo(type_)
    return RANDOM.integers(info.min, info.max + 1, shape).astype(type_)


def finish(model: File, x: str, scale: float, zero: int) -> None:
    flat = model.node("Flatten", real(model, x, scale, zero))
    agrees(model, flat)


def test_conv_with_a_scale_a_row_padding_and_bias() -> None:
    model = File(2, 5, 5)
    scales, bias = np.array([0.5, 0.03, 0.125], F32), np.array([100, -50, 7], np.int32)
    inputs = (F32(0.25), U8(121), weights(3, 2, 3, 3), scales, np.zeros(3, I8), F32(30), U8(7), bias)
    finish(model, model.node("QLinearConv", codes(model), *inputs, pads=[1, 1, 1, 1]), 30, 7)


def test_depthwise_and_one_axis() -> None:
    model = File(3, 9)
    inputs = (F32(0.25), U8(121), weights(3, 1, 4), F32(0.5), I8(0), F32(30), U8(8))
    finish(model, model.node("QLinearConv", codes(model), *inputs, group=3, strides=[2]), 30, 8)


def test_matmul_with_zero_points() -> None:
    model = File(6)
    inputs = (F32(0.25), U8(121), weights(6, 4, type_=U8), F32(0.5), U8(100), F32(30), U8(8))
    finish(model, model.node("QLinearMatMul", codes(model), *inputs), 30, 8)


def test_integer_products_give_their_sums() -> None:
    model = File(6)
    sums = model.node("MatMulInteger", codes(model), weights(6, 4), U8(121), I8(0))
    network = agrees(model, model.node("Cast", sums, to=1))
    assert network.layers[0].op.output_type.bits > 8
    model = File(2, 4, 4)
    sums = model.node("ConvInteger", codes(model), weights(3, 2, 3, 3), U8(121), I8(3))
    agrees(model, model.node("Flatten", model.node("Cast", sums, to=1)))


@pytest.mark.parametrize("transposed", [0, 1])
@pytest.mark.parametrize("quantized", [True, False])
def test_gemm(transposed: int, quantized: bool) -> None:
    model = File(6)
    matrix, bias = weights(*((4, 6) if transposed else (6, 4))), np.array([9, -99, 999, 0], np.int32)
    scales = np.array([0.5, 0.03, 0.125, 1], F32)
    ends = (F32(30), U8(8)) if quantized else ()
    inputs = (F32(0.25), U8(121), matrix, scales, np.zeros(4, I8), bias, *ends)
    y = model.node("QGemm", codes(model), *inputs, domain=MICROSOFT, transB=transposed)
    if quantized:
        finish(model, y, 30, 8)
    else:
        agrees(model, y)


def hidden(model: File, scale: float, zero: int) -> str:
    """Codes that a layer makes."""
    inputs = (F32(0.25), U8(121), weights(3, 2, 1, 1), F32(0.01), I8(0), F32(scale), U8(zero))
    return model.node("QLinearConv", codes(model), *inputs)


@pytest.mark.parametrize("scales", [(0.5, 0.25), (0.3, 0.07), (0.0123, 1.7)])
def test_a_sum_of_tensors_whose_scales_have_nothing_in_common(scales: tuple[float, float]) -> None:
    """Single-precision numbers: their ratio is a fraction of 24 bits and more."""
    model = File(2, 3, 3)
    a, b = (hidden(model, scale, zero) for scale, zero in zip(scales, (3, 200), strict=True))
    inputs = (F32(scales[0]), U8(3), b, F32(scales[1]), U8(200), F32(0.7), U8(90))
    total = model.node("QLinearAdd", a, *inputs, domain=MICROSOFT)
    finish(model, total, 0.7, 90)


def test_pools() -> None:
    model = File(2, 4, 4)
    how: dict[str, Any] = {"kernel_shape": [2, 2], "strides": [2, 2], "domain": MICROSOFT}
    pooled = model.node("QLinearAveragePool", hidden(model, 0.5, 3), F32(0.5), U8(3), F32(0.4), U8(5), **how)
    top = model.node("MaxPool", pooled, kernel_shape=[2, 1])
    ends = (F32(0.4), U8(5), F32(0.35), U8(6))
    finish(model, model.node("QLinearGlobalAveragePool", top, *ends, domain=MICROSOFT), 0.35, 6)


def test_concat_and_a_constant_factor() -> None:
    model = File(2, 3, 3)
    parts = [hidden(model, 0.5, 3), F32(0.5), U8(3), hidden(model, 0.3, 9), F32(0.3), U8(9)]
    joined = model.node("QLinearConcat", F32(0.4), U8(5), *parts, domain=MICROSOFT, axis=1)
    factor = (F32(0.4), U8(5), U8(100), F32(0.02), U8(30), F32(0.5), U8(100))
    finish(model, model.node("QLinearMul", joined, *factor, domain=MICROSOFT), 0.5, 100)


def test_the_codes_have_the_type_of_the_zero_point() -> None:
    model = File(6)
    inputs = (F32(0.25), U8(121), weights(6, 4), F32(0.5), I8(0), F32(30), I8(-8))
    y = model.node("QLinearMatMul", codes(model), *inputs)
    network = agrees(model, model.node("DequantizeLinear", y, F32(30), I8(-8)))
    assert network.layers[0].op.output_type == IntType(-128, 127)


def test_refusals() -> None:
    model = File(2, 4, 4)
    inputs = (F32(0.25), U8(121), F32(0.5), U8(3))
    y = model.node(
        "QLinearGlobalAveragePool", codes(model), *inputs, domain=MICROSOFT, channels_last=1, name="p"
    )
    refuses(
        model,
        y,
        "layer 'p': QLinearGlobalAveragePool works with the channels last; export it with the channels first",
    )


@pytest.mark.parametrize("type_", [I8, U8])
@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearGlobalAveragePool"])
def test_without_a_zero_point_the_output_is_of_the_type_of_the_input(op: str, type_: Any) -> None:
    model, ends = File(3, 4), (F32(0.25), type_(3))
    x = model.node("QuantizeLinear", "x", *ends)
    both = (x, *ends, x, *ends) if op == "QLinearAdd" else (x, *ends)
    y = model.node(op, *both, F32(0.5), domain=MICROSOFT)
    flat = model.node("Flatten", model.node("DequantizeLinear", y, F32(0.5), type_(0)))
    agrees(model, model.node("MatMul", flat, signs(12 if op == "QLinearAdd" else 3, 2)))


def test_what_says_of_what_type_the_output_is() -> None:
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(3))
    y = model.node("QLinearAdd", x, F32(0.25), "", x, F32(0.25), "", F32(0.5), domain=MICROSOFT, name="sum")
    text = "layer 'sum': QLinearAdd lacks a zero point, which says of what type its integers are"
    refuses(model, y, text)


def test_products_have_one_scale_for_their_input_and_one_for_their_output() -> None:
    vector, zeros = np.array([0.5, 0.25, 1], F32), np.zeros(3, I8)
    text = "layer 'fc': QLinearMatMul has scales or zero points of shape (3,) for a tensor that has one of each for all"
    for first, last in (((vector, zeros), (F32(1), I8(0))), ((F32(0.25), I8(0)), (vector, zeros))):
        model = File(3)
        x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
        matrix = (weights(3, 3), F32(0.5), I8(0))
        refuses(model, model.node("QLinearMatMul", x, *first, *matrix, *last, name="fc"), text)
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    y = model.node("MatMulInteger", x, weights(3, 3), zeros, name="fc")
    refuses(model, y, text.replace("QLinearMatMul", "MatMulInteger"))


@pytest.mark.parametrize("ends", [(F32(0.5),), ("", I8(0))])
def test_a_gemm_has_both_a_scale_and_a_zero_point_or_neither(ends: Any) -> None:
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    inputs = (x, F32(0.25), I8(0), weights(3, 3), F32(0.5), I8(0), "", *ends)
    text = "has a scale or a zero point of its output, but not both, which tools read differently"
    refuses(model, model.node("QGemm", *inputs, domain=MICROSOFT, name="fc"), f"layer 'fc': QGemm {text}")


def test_a_zero_point_is_of_the_type_of_the_integers() -> None:
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    inputs = (x, F32(0.25), U8(0), weights(3, 3), F32(0.5), I8(0), F32(0.5), I8(0))
    text = (
        "layer 'fc': QLinearMatMul has a zero point of type uint8 0..255 for integers of type int8 -128..127"
    )
    refuses(model, model.node("QLinearMatMul", *inputs, name="fc"), text)


def test_a_zero_point_is_of_the_type_of_the_weights() -> None:
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    inputs = (x, F32(0.25), I8(0), np.array([[-3, 1], [0, 2], [0, 0]], I8), F32(0.5), U8(0), F32(0.5), I8(0))
    text = "layer 'fc': QLinearMatMul has a zero point of type uint8 0..255 for integers of type int3 -3..2"
    refuses(model, model.node("QLinearMatMul", *inputs, name="fc"), text)


def test_sums_of_integers_are_integers() -> None:
    """So they divide otherwise than real numbers."""
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    sums = model.node("MatMulInteger", x, weights(3, 3))
    text = "layer 'half': Div of whole numbers cuts off their fraction; cast them to float first"
    refuses(model, model.node("Div", sums, np.int32(2), name="half"), text)


@pytest.mark.parametrize("zero", [4, -17])
@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearAveragePool"])
def test_what_lies_half_way_between_codes(op: str, zero: int) -> None:
    model = File(2, 4, 4)
    ends = (F32(0.125), I8(0))
    x = model.node("QuantizeLinear", "x", *ends)
    last = (F32(0.25), I8(zero))
    if op == "QLinearAdd":
        other = model.node("Conv", model.node("DequantizeLinear", x, *ends), signs(2, 2, 1, 1))
        other = model.node("QuantizeLinear", other, F32(0.375), I8(1))
        y = model.node(op, x, *ends, other, F32(0.375), I8(1), *last, domain=MICROSOFT)
    else:
        y = model.node(op, x, *ends, *last, domain=MICROSOFT, kernel_shape=[2, 2])
    y = model.node("DequantizeLinear", y, *last)
    agrees(model, model.node("Conv", y, signs(2, 2, 1, 1)))


def test_the_negative_of_an_integer_may_be_none() -> None:
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), I8(0))
    text = "layer 'minus': Neg makes whole numbers from -127 to 128; accepted are -128 to 127: cast to float"
    refuses(model, model.node("Neg", x, name="minus"), text)
    model = File(3)
    x = model.node("QuantizeLinear", "x", F32(0.25), U8(0))
    text = "layer 'minus': Neg computes in a type without a sign; cast to float first"
    refuses(model, model.node("Neg", x, name="minus"), text)


def test_functions_in_front_of_the_quantiser() -> None:
    functions: list[tuple[str, dict[str, Any]]] = [
        ("QLinearSigmoid", {}),
        ("QLinearLeakyRelu", {"alpha": 0.25}),
    ]
    for op, options in functions:
        model = File(4)
        ends = (F32(0.5), I8(3))
        x = model.node("QuantizeLinear", "x", *ends)
        x = model.node("QLinearMatMul", x, *ends, weights(4, 3), F32(0.5), I8(0), F32(4), I8(1))
        y = model.node(op, x, F32(4), I8(1), F32(1 / 64), I8(-1), domain=MICROSOFT, **options)
        agrees(model, model.node("DequantizeLinear", y, F32(1 / 64), I8(-1)))
