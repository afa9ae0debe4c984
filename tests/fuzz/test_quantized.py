"""The operators on integers against onnxruntime, in doubles and in fractions. All scales are powers of two: then its
floats are exact, ties too."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tests.frontend.onnx_file import File
from tests.frontend.random_files import Writer
from tests.frontend.random_integers import MICROSOFT, Grid
from tests.fuzz import runtime
from tests.fuzz.reference import Reference
from tests.fuzz.seeds import Chance, as_float32

POWERS = (0.25, 0.5, 1.0, 2.0)
LAYERS = ("_conv", "_conv_sums", "_pool", "_product", "_sums", "_sum", "_concat")
F32, I8, U8 = np.float32, np.int8, np.uint8
X = np.arange(-40, 40).reshape(4, 4, 5) / 8
"""Many of its quotients lie between two integers."""


def agree(model: onnx.ModelProto, x: Any) -> None:
    """Doubles, fractions and onnxruntime's floats."""
    model = as_float32(model)
    floats = runtime.outputs(model, x, None)
    assert floats is not None
    reference = Reference(model)
    assert reference.real(x, None).reshape(len(x), -1).tolist() == floats.tolist()
    assert reference.exact(x, None).reshape(len(x), -1).astype(np.float64).tolist() == floats.tolist()


def file_of(
    shape: tuple[int, ...], kind: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> onnx.ModelProto:
    monkeypatch.setattr("tests.frontend.random_integers.SCALES", POWERS)
    model = File(*shape)
    writer = Writer(model, Chance(Random(number)))
    grid = Grid(writer)
    getattr(writer.integers, kind)(writer.integers.codes("x", grid), grid)
    return model.proto(writer.x)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("kind", LAYERS)
def test_layers(kind: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    maps = kind not in ("_product", "_sums")
    model = file_of((4, 5) if maps else (20,), kind, number, monkeypatch)
    x = X if maps else X.reshape(4, 20)
    if "AveragePool" in {node.op_type.removeprefix("QLinear") for node in model.graph.node}:
        kernels = [a.ints for node in model.graph.node for a in node.attribute if a.name == "kernel_shape"]
        if kernels == [[3]]:
            return  # whose means are no binary fractions
    agree(model, x)


@given(st.sampled_from((I8, U8)), st.integers(0, 120), st.sampled_from(POWERS), st.booleans())
def test_quantize_and_dequantize(type_: Any, zero: int, scale: float, per_channel: bool) -> None:
    model = File(4, 5)
    parameters: tuple[Any, Any] = F32(scale), type_(zero)
    if per_channel:
        parameters = np.array([scale, 1, 0.5, 4], F32), np.array([zero, 0, 1, 2], type_)
    codes = model.node("QuantizeLinear", "x", *parameters, axis=-2)
    agree(model.proto(model.node("DequantizeLinear", codes, *parameters, axis=-2)), X)


@pytest.mark.parametrize("type_", [TensorProto.INT4, TensorProto.UINT4])
def test_narrow_types(type_: int) -> None:
    model = File(4, 5, opset=21)
    zero = np.array(2).astype(helper.tensor_dtype_to_np_dtype(type_))
    codes = model.node("QuantizeLinear", "x", F32(0.25), zero)
    agree(model.proto(model.node("DequantizeLinear", codes, F32(0.25), zero)), X)


@pytest.mark.parametrize("kind", ["QLinearLeakyRelu", "QLinearSigmoid", "QLinearMul"])
def test_functions(kind: str) -> None:
    model = File(4, 5)
    ends = (F32(0.25), I8(2))
    inputs: list[Any] = [model.node("QuantizeLinear", "x", *ends), *ends]
    options: dict[str, Any] = {}
    if kind == "QLinearMul":
        inputs *= 2
    elif kind == "QLinearLeakyRelu":
        options = {"alpha": 0.5}
    scale = F32(1 / 128) if kind == "QLinearSigmoid" else F32(0.5)
    y = model.node(kind, *inputs, scale, I8(-4), domain=MICROSOFT, **options)
    agree(model.proto(model.node("DequantizeLinear", y, scale, I8(-4))), X)


def test_a_mean_over_an_axis() -> None:
    """onnxruntime has the definition only."""
    model = File(4, 5)
    ends = (F32(0.25), I8(1))
    codes = model.node("QuantizeLinear", "x", *ends)
    mean = model.node("QLinearReduceMean", codes, *ends, F32(1 / 16), I8(0), domain=MICROSOFT, axes=[1])
    reference = Reference(as_float32(model.proto(model.node("DequantizeLinear", mean, F32(1 / 16), I8(0)))))
    right = (np.round(X * 4) / 4).mean(axis=1, keepdims=True)
    assert reference.real(X, None).tolist() == right.tolist()
    assert reference.exact(X, None).astype(np.float64).tolist() == right.tolist()


def test_a_product_that_stays_real() -> None:
    model = File(20)
    ends = (F32(0.25), I8(1))
    codes = model.node("QuantizeLinear", "x", *ends)
    weights = np.resize(np.arange(-7, 6), (3, 20)).astype(I8)
    scales, bias = np.array([0.5, 2, 1], F32), np.array([3, -1, 0], np.int32)
    inputs = (codes, *ends, weights, scales, np.zeros(3, I8), bias)
    agree(model.proto(model.node("QGemm", *inputs, domain=MICROSOFT, transB=1)), X.reshape(4, 20))


@pytest.mark.parametrize("mode", ["FLOOR", "ROUND", "CEIL"])
@pytest.mark.parametrize(("signed", "zero"), [(0, 0.0), (1, 0.0), (1, 4.0)])
def test_trunc(mode: str, signed: int, zero: float) -> None:
    model = File(4, 5)
    inputs = ("x", 0.125, zero, 8.0, 0.5, 4.0)
    domain = "qonnx.custom_op.general"
    y = model.node("Trunc", *inputs, domain=domain, signed=signed, rounding_mode=mode)
    agree(model.proto(y), X)


def test_what_is_no_integer_is_refused() -> None:
    model = as_float32((file := File(4, 5)).proto(file.node("DequantizeLinear", "x", F32(0.5), I8(1))))
    with pytest.raises(TypeError):
        Reference(model).real(X, None)
