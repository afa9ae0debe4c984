"""The evaluator's quantised operators against those of onnxruntime."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from bnngen.import_check.operators import operators

MICROSOFT = "com.microsoft"
S1, S2, S3 = np.float32(0.25), np.float32(0.125), np.float32(0.5)
U1, U2, U3 = np.uint8(120), np.uint8(7), np.uint8(131)
RANDOM = np.random.default_rng(5)


def codes(*shape: int, type_: Any = np.uint8) -> np.ndarray:
    info = np.iinfo(type_)
    return RANDOM.integers(info.min, info.max + 1, shape).astype(type_)


def both(
    op: str, *inputs: Any, domain: str = "", out: int = TensorProto.UINT8, **how: Any
) -> tuple[Any, Any]:
    """What onnxruntime and the evaluator make of one operator whose first input is computed."""
    names = [f"i{k}" for k in range(len(inputs))]
    arrays = [np.asarray(i) for i in inputs]
    source = helper.make_tensor_value_info(
        "i0", helper.np_dtype_to_tensor_dtype(arrays[0].dtype), arrays[0].shape
    )
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], domain=domain, **how)],
        "one",
        [source],
        [helper.make_tensor_value_info("y", out, None)],
        [numpy_helper.from_array(a, n) for a, n in zip(arrays[1:], names[1:], strict=True)],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"i0": arrays[0]})
    evaluator = ReferenceEvaluator(model, new_ops=operators(lambda tensor, on_edge: None))
    (found,) = evaluator.run(None, {"i0": arrays[0].astype(np.float64)})
    return np.asarray(expected, np.float64), found


@pytest.mark.parametrize("zero", [np.uint8(0), np.uint8(3), np.int8(-5)])
def test_quantize_linear(zero: Any) -> None:
    out = TensorProto.UINT8 if zero.dtype == np.uint8 else TensorProto.INT8
    x = (RANDOM.integers(-400, 400, (5, 3)) / 8).astype(np.float32)
    expected, found = both("QuantizeLinear", x, S1, zero, out=out)
    assert np.array_equal(expected, found)


def test_dequantize_linear_along_an_axis() -> None:
    scales, zeros = np.array([0.5, 0.25, 2], np.float32), np.array([1, 2, 200], np.uint8)
    expected, found = both("DequantizeLinear", codes(4, 3), scales, zeros, axis=1, out=TensorProto.FLOAT)
    assert np.array_equal(expected, found)


def test_qlinear_conv() -> None:
    """With a scale and a zero point for each row of weights, a bias, padding and groups."""
    # products of 8-bit weights leave the 16 bits in which onnxruntime adds them on some processors
    weights = (codes(4, 1, 3, 3) // 4).astype(np.int8)
    scales = np.array([0.5, 0.25, 0.125, 1], np.float32)
    bias, zeros = np.array([100, -50, 7, 0], np.int32), np.zeros(4, np.int8)
    how: dict[str, Any] = {"group": 2, "pads": [1, 1, 0, 0], "strides": [2, 1]}
    inputs = (codes(1, 2, 6, 6), S1, U1, weights, scales, zeros, np.float32(16), U2, bias)
    expected, found = both("QLinearConv", *inputs, **how)
    assert np.array_equal(expected, found)


def test_qlinear_matmul() -> None:
    inputs = (codes(5, 6), S1, U1, codes(6, 3), S2, U2, np.float32(16), U3)
    expected, found = both("QLinearMatMul", *inputs)
    assert np.array_equal(expected, found)


def test_integer_products() -> None:
    expected, found = both("MatMulInteger", codes(5, 6), codes(6, 3), U1, U2, out=TensorProto.INT32)
    assert np.array_equal(expected, found)
    inputs = (codes(1, 2, 5, 5), codes(3, 2, 3, 3), U1, U2)
    expected, found = both("ConvInteger", *inputs, pads=[1, 1, 1, 1], out=TensorProto.INT32)
    assert np.array_equal(expected, found)


@pytest.mark.parametrize("transposed", [0, 1])
def test_qgemm(transposed: int) -> None:
    weights = codes(3, 6) if transposed else codes(6, 3)
    bias = np.array([1000, -2000, 3], np.int32)
    inputs = (codes(5, 6), S1, U1, weights, S2, U2, bias, np.float32(16), U3)
    expected, found = both("QGemm", *inputs, domain=MICROSOFT, transB=transposed)
    assert np.array_equal(expected, found)


@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul"])
def test_of_two_tensors(op: str) -> None:
    inputs = (codes(5, 6), S1, U1, codes(5, 6), S2, U2, np.float32(2 if op == "QLinearAdd" else 64), U3)
    expected, found = both(op, *inputs, domain=MICROSOFT)
    assert np.array_equal(expected, found)


@pytest.mark.parametrize("zero", [np.uint8(8), U3])
@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul", "QLinearAveragePool"])
def test_half_way_between_codes_an_odd_zero_point_decides(op: str, zero: np.uint8) -> None:
    """These add it before they round."""
    pool = op == "QLinearAveragePool"
    x = np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8) % 23
    inputs = (x, S2, U2, *(() if pool else (x[..., ::-1], S1, U2)), S3 if not pool else S1, zero)
    how: dict[str, Any] = {"kernel_shape": [2, 2]} if pool else {}
    expected, found = both(op, *inputs, domain=MICROSOFT, **how)
    assert np.array_equal(expected, found)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"pads": [1, 0, 0, 1]},
        {"ceil_mode": 1, "strides": [2, 2]},
    ],
)
def test_average_pool(how: dict[str, Any]) -> None:
    """The scales leave no tie: onnxruntime multiplies by the reciprocal of the count in single precision."""
    how = {"kernel_shape": [2, 2], **how}
    inputs = (codes(1, 2, 5, 6), S1, U1, np.float32(0.26), U2)
    expected, found = both("QLinearAveragePool", *inputs, domain=MICROSOFT, **how)
    assert np.array_equal(expected, found)


def test_functions_of_one_tensor() -> None:
    functions: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
        ("QLinearGlobalAveragePool", (1, 2, 3, 5), {}),
        ("QLinearLeakyRelu", (4, 7), {"alpha": 0.125}),
        ("QLinearSigmoid", (4, 7), {}),
    ]
    for op, shape, how in functions:
        scale = np.float32(1 / 256 if op == "QLinearSigmoid" else 0.26)
        expected, found = both(op, codes(*shape), S1, U1, scale, U2, domain=MICROSOFT, **how)
        assert np.array_equal(expected, found), op


def test_concat() -> None:
    inputs = (codes(2, 3), S1, U1, codes(2, 4), S3, U3)
    names = [f"i{k}" for k in range(8)]
    arrays = [S2, U2, *inputs]
    graph = helper.make_graph(
        [helper.make_node("QLinearConcat", names, ["y"], domain=MICROSOFT, axis=1)],
        "one",
        [],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, None)],
        [numpy_helper.from_array(np.asarray(a), n) for a, n in zip(arrays, names, strict=True)],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid(MICROSOFT, 1)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=imports, ir_version=10)
    (expected,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {})
    (found,) = ReferenceEvaluator(model, new_ops=operators(lambda tensor, on_edge: None)).run(None, {})
    assert np.array_equal(np.asarray(expected, np.float64), found)
