"""QuantizeLinear and DequantizeLinear: on inputs, activations and weights."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto
from support.onnx_files import agrees, refuses

from bnngen.numbers.datatypes import IntType
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[3, -128, 7], [-1, 127, 2], [0, 1, -1], [3, -3, 1]], np.int8)
TYPES: list[tuple[Any, int, int]] = [
    (np.uint8, 0, 255),
    (np.int8, -128, 127),
    (ml_dtypes.int4, -8, 7),
    (ml_dtypes.uint4, 0, 15),
    (ml_dtypes.int2, -2, 1),
    (ml_dtypes.uint2, 0, 3),
]


def quantize(model: File, x: Any, scale: Any, zero: Any, **how: Any) -> str:
    codes = model.node("QuantizeLinear", x, np.array(scale, np.float32), zero, **how)
    return model.node("DequantizeLinear", codes, np.array(scale, np.float32), zero, **how)


@pytest.mark.parametrize(("type_", "lo", "hi"), TYPES)
@pytest.mark.parametrize("zero", [0, 1])
def test_every_type_of_codes(type_: Any, lo: int, hi: int, zero: int) -> None:
    """Scales of a power of two: most sums and many inputs lie on a tie, an odd zero point turns it round."""
    model = File(3, opset=25)
    point = np.array(zero, type_)
    x = quantize(model, "x", 0.5, point)
    weights = model.node("DequantizeLinear", WEIGHTS.T, np.float32(0.25), np.int8(0))
    hidden = quantize(model, model.node("MatMul", x, weights), 2.0, point)
    network = agrees(model, model.node("MatMul", hidden, np.eye(4)))
    assert network.quantizer.type == IntType(lo, hi)
    assert network.layers[0].op.output_type == IntType(lo, hi)


@settings(max_examples=25)
@given(
    scales=st.lists(st.sampled_from([0.25, 0.5, 0.3, 0.07]), min_size=3, max_size=3),
    zeros=st.lists(st.integers(0, 255), min_size=3, max_size=3),
)
def test_activations_with_a_scale_and_a_zero_point_each(scales: list[float], zeros: list[int]) -> None:
    """In front of another quantiser every channel may have its own."""
    model = File(3, 2, 2)
    x = model.quant("x", 0.25, 6.0)
    hidden = model.node("Conv", x, np.eye(3)[:, :, None, None])
    each = quantize(model, hidden, scales, np.array(zeros, np.uint8), axis=1)
    agrees(model, model.quant(each, 0.5, 4.0))


def test_weights_with_a_zero_point_and_a_scale_a_row() -> None:
    model = File(3)
    x = quantize(model, "x", 0.25, np.uint8(128))
    rows = (WEIGHTS.astype(np.int64) + 100).clip(0, 255).astype(np.uint8)
    zeros, scales = np.array([100, 90, 0, 255], np.uint8), np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    weights = model.node("DequantizeLinear", rows, scales, zeros, axis=0)
    network = agrees(model, model.node("Gemm", x, weights, transB=1))
    assert np.array_equal(network.layers[0].op.weights, rows.astype(int) - zeros[:, None].astype(int))  # type: ignore[attr-defined]


def test_a_bias_of_32_bits() -> None:
    model = File(3)
    x = quantize(model, "x", 0.25, np.uint8(3))
    weights = model.node("DequantizeLinear", WEIGHTS, np.float32(0.5), np.int8(0))
    bias = model.node(
        "DequantizeLinear", np.array([1 << 20, -5, 0, 1], np.int32), np.float32(0.125), np.int32(0)
    )
    agrees(model, model.node("Gemm", x, weights, bias, transB=1))


def test_constants_that_the_file_quantizes_itself() -> None:
    """Ties go to the even code, and codes beyond the type to its ends."""
    model = File(3)
    x = quantize(model, "x", 0.25, np.uint8(3))
    real = np.array([[0.25, -0.25, 0.75], [1.25, 99, -99], [0.5, 1, -1], [0.1, 0.2, 0.3]], np.float32)
    weights = quantize(model, real, 0.5, np.int8(0))
    network = agrees(model, model.node("Gemm", x, weights, transB=1))
    weights_read = network.layers[0].op.weights.tolist()  # type: ignore[attr-defined]
    assert weights_read[:2] == [[0, 0, 2], [2, 127, -128]]


def test_a_clip_of_the_codes_leaves_fewer() -> None:
    """So Brevitas writes 4 bits as 8."""
    model = File(3)
    codes = model.node("QuantizeLinear", "x", np.float32(0.5), np.int8(0))
    clipped = model.node("Clip", codes, np.int8(-8), np.int8(7))
    x = model.node("DequantizeLinear", clipped, np.float32(0.5), np.int8(0))
    network = agrees(model, model.node("MatMul", x, np.eye(3)))
    assert network.quantizer.type == IntType(-8, 7)


def test_without_a_zero_point_codes_are_unsigned_bytes() -> None:
    model = File(3)
    codes = model.node("QuantizeLinear", "x", np.float32(0.25))
    x = model.node("DequantizeLinear", codes, np.float32(0.25))
    assert agrees(model, model.node("MatMul", x, np.eye(3))).quantizer.type == IntType(0, 255)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"zero": np.uint16(0)},
            "layer 'q': QuantizeLinear makes codes of 16 bits; accepted are at most 8",
        ),
        ({"scale": 0.0}, "layer 'q': QuantizeLinear has a scale that is not above 0"),
        ({"scale": -1.0}, "layer 'q': QuantizeLinear has a scale that is not above 0"),
        (
            {"scale": [0.5, 0.5]},
            "layer 'q': QuantizeLinear has scales or zero points of shape (2,) along axis 1 of a tensor of "
            "shape (1, 3); accepted are one for all, or one for each element of the axis",
        ),
        (
            {"zero": np.float32(0)},
            "layer 'q': QuantizeLinear has a zero point of type float32; accepted are integers",
        ),
        (
            {"block_size": 4},
            "layer 'q': QuantizeLinear has a scale for each block; accepted is one for all, or one for each "
            "channel",
        ),
        (
            {"precision": TensorProto.FLOAT16},
            "layer 'q': QuantizeLinear computes in less than single precision; leave its precision open",
        ),
        (
            {"output_dtype": TensorProto.INT4},
            "layer 'q': QuantizeLinear has a zero point of type uint8 0..255 for codes of type int4 -8..7",
        ),
        (
            {"output_dtype": TensorProto.FLOAT8E4M3FN, "zero": None},
            "layer 'q': QuantizeLinear is of type FLOAT8E4M3FN; accepted are integers",
        ),
    ],
)
def test_refusals(how: dict[str, Any], message: str) -> None:
    model = File(3, opset=25)
    zero, scale = how.pop("zero", np.uint8(0)), how.pop("scale", 0.5)
    inputs = ["x", np.array(scale, np.float32), *([] if zero is None else [zero])]
    codes = model.node("QuantizeLinear", *inputs, name="q", **how)
    refuses(model, codes, message)


def test_real_numbers_are_not_dequantized() -> None:
    model = File(3)
    weights = model.node("DequantizeLinear", np.float32(np.eye(3)), np.float32(1.0), name="d")
    refuses(
        model,
        model.node("MatMul", model.quant("x", 0.5), weights),
        "layer 'd': DequantizeLinear takes integers, not real numbers",
    )


def test_onnx_knows_the_types_of_less_than_8_bits() -> None:
    """The types that the first test takes for these."""
    assert onnx.helper.np_dtype_to_tensor_dtype(np.dtype(ml_dtypes.int2)) == TensorProto.INT2
