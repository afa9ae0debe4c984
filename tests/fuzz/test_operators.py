"""The operators that judge others are judged by onnxruntime, and fractions by doubles."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tests.fuzz import windows
from tests.fuzz.operators import OPERATORS, exact, root

OPSET = 18
SMALL = st.integers(1, 3)
QUANT = "qonnx.custom_op.general"


def one_node(
    op: str, x: np.ndarray, inputs: list[Any], opset: int = OPSET, **attributes: Any
) -> onnx.ModelProto:
    """A file of one operator: its first input is the network's."""
    names = ["x", *("" if i is None else f"c{k}" for k, i in enumerate(inputs))]
    constants = [numpy_helper.from_array(i, f"c{k}") for k, i in enumerate(inputs) if i is not None]
    node = helper.make_node(op, names, ["y"], domain=attributes.pop("domain", ""), **attributes)
    value = helper.make_tensor_value_info
    source = value("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
    graph = helper.make_graph(
        [node], "g", [source], [value("y", source.type.tensor_type.elem_type, None)], constants
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid(QUANT, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def by_onnxruntime(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    result: np.ndarray = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x})[
        0
    ]
    return result


def ours(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    result: np.ndarray = ReferenceEvaluator(model, new_ops=list(OPERATORS)).run(None, {"x": x})[0]
    return result


def agree(op: str, x: np.ndarray, inputs: list[Any], **attributes: Any) -> None:
    """In floats with onnxruntime, and in fractions with doubles. All numbers are small binary fractions."""
    model = one_node(op, x, inputs, **attributes)
    try:
        expected, found = by_onnxruntime(model, x), ours(model, x)
    except Exception as error:  # each has a class of its own for each status
        if "onnxruntime" not in type(error).__module__ and "larger than the map" not in str(error):
            raise
        reject()
    np.testing.assert_array_equal(found, expected)
    evaluator = ReferenceEvaluator(model, new_ops=list(OPERATORS))
    floats = evaluator.rt_inits_.items()
    evaluator.rt_inits_ = {k: exact(v) if v.dtype == np.float32 else v for k, v in floats}
    np.testing.assert_array_equal(evaluator.run(None, {"x": exact(x)})[0].astype(np.float64), expected)


@st.composite
def maps(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, Any], np.random.Generator]:
    """A map, the options of a window over it, and numbers for weights."""
    rank = draw(st.sampled_from((1, 2)))
    random = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    shape = (2, draw(st.sampled_from((2, 4))), *(draw(st.integers(3, 6)) for _ in range(rank)))
    options: dict[str, Any] = {"kernel_shape": [draw(SMALL) for _ in range(rank)]}
    options["strides"] = [draw(SMALL) for _ in range(rank)]
    if draw(st.booleans()):
        options["auto_pad"] = draw(st.sampled_from(("VALID", "SAME_UPPER", "SAME_LOWER")))
    else:
        options["pads"] = [draw(st.integers(0, k - 1)) for k in options["kernel_shape"] * 2]
    return random.integers(-8, 9, shape).astype(np.float32) / 4, options, random


@given(maps(), st.sampled_from((1, 2)), SMALL, st.booleans(), st.booleans())
def test_conv(drawn: Any, groups: int, rows: int, biased: bool, dilated: bool) -> None:
    x, options, random = drawn
    kernel = options["kernel_shape"]
    dilations = [2] * len(kernel) if dilated and "auto_pad" not in options else [1] * len(kernel)
    weights = random.integers(-2, 3, (rows * groups, x.shape[1] // groups, *kernel)).astype(np.float32)
    bias = [np.arange(rows * groups, dtype=np.float32)] if biased else []
    agree("Conv", x, [weights, *bias], group=groups, dilations=dilations, **options)


@given(maps(), st.booleans(), st.booleans())
def test_max_pool(drawn: Any, ceil: bool, dilated: bool) -> None:
    x, options, _ = drawn
    rank = len(options["kernel_shape"])
    dilations = [2] * rank if dilated and "auto_pad" not in options else [1] * rank
    agree("MaxPool", x, [], ceil_mode=int(ceil and "auto_pad" not in options), dilations=dilations, **options)


@given(maps(), st.booleans(), st.booleans())
def test_average_pool(drawn: Any, counted: bool, ceil: bool) -> None:
    x, options, _ = drawn
    options["kernel_shape"] = [min(2, k) for k in options["kernel_shape"]]  # whose means are binary fractions
    options["pads"] = [min(1, k - 1) for k in options["kernel_shape"]] * 2
    options.pop("auto_pad", None)
    if counted and ceil:  # tools count differently what ceil_mode adds
        reject()
    agree("AveragePool", x, [], count_include_pad=int(counted), ceil_mode=int(ceil), opset=22, **options)


@given(
    st.sampled_from(sorted(windows.NEAREST)),
    st.sampled_from(("asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners")),
    st.sampled_from((1.0, 2.0, 3.0, 0.5)),
    st.integers(1, 5),
    st.booleans(),
)
def test_resize(nearest: str, transform: str, scale: float, length: int, sized: bool) -> None:
    x = np.arange(2 * length, dtype=np.float32).reshape(1, 2, length)
    assume(int(length * scale) >= 1)
    inputs: list[Any] = [None, np.array([1, 1, scale], np.float32)]
    if sized:
        inputs = [None, None, np.array([1, 2, int(length * scale)], np.int64)]
    agree("Resize", x, inputs, nearest_mode=nearest, coordinate_transformation_mode=transform)


@given(st.integers(0, 1), st.integers(0, 1), st.sampled_from(((3,), (1, 3), (1,), (), (4, 1), (4, 3), None)))
def test_gemm(trans_a: int, trans_b: int, bias: tuple[int, ...] | None) -> None:
    x = np.arange(20, dtype=np.float32).reshape((5, 4) if trans_a else (4, 5)) / 4
    weights = np.arange(15, dtype=np.float32).reshape((3, 5) if trans_b else (5, 3)) / 2
    more = [] if bias is None else [np.resize(np.array([0.5, -1, 2], np.float32), bias)]
    agree("Gemm", x, [weights, *more], transA=trans_a, transB=trans_b, alpha=0.5, beta=-2.0)


def test_batch_normalization() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 4
    parameters = [np.array(p, np.float32) for p in ([1, -2, 0], [0.5, 0, 1], [1, 2, 3], [0.25, 4, 1])]
    agree("BatchNormalization", x, parameters, epsilon=0.0)


@pytest.mark.parametrize(("opset", "axis"), [(12, None), (12, 1), (12, -1), (13, None), (13, 1), (18, 2)])
def test_softmax(opset: int, axis: int | None) -> None:
    x = np.random.default_rng(0).integers(-4, 5, (2, 3, 4)).astype(np.float32)
    model = one_node("Softmax", x, [], opset=opset, **({} if axis is None else {"axis": axis}))
    np.testing.assert_allclose(ours(model, x), by_onnxruntime(model, x), rtol=1e-6)


@pytest.mark.parametrize(
    "mode", ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "ROUND_TO_ZERO", "HALF_UP", "HALF_DOWN"]
)
def test_fractions_round_as_doubles_do(mode: str) -> None:
    x = np.arange(-40, 41).reshape(1, -1) / 8
    model = one_node("Quant", x, [np.array(v) for v in (0.5, 1.0, 4.0)], domain=QUANT, rounding_mode=mode)
    doubles = ours(model, x)
    evaluator = ReferenceEvaluator(model, new_ops=list(OPERATORS))
    evaluator.rt_inits_ = {k: exact(v) for k, v in evaluator.rt_inits_.items()}
    assert evaluator.run(None, {"x": exact(x)})[0].tolist() == doubles.tolist()


@given(st.fractions(0, 1000))
def test_roots(value: Fraction) -> None:
    assert root(value * value) == value
    assert abs(float(root(value)) - sqrt(value)) <= 1e-12 * sqrt(value)


def test_doubles_are_taken_as_they_are() -> None:
    assert exact(np.array([0.1, -(2.0**-1074)])).tolist() == [Fraction(0.1), -Fraction(1, 1 << 1074)]
    assert helper.np_dtype_to_tensor_dtype(np.dtype(np.float64)) == TensorProto.DOUBLE


@given(maps())
def test_global_max_pool(drawn: Any) -> None:
    agree("GlobalMaxPool", drawn[0], [])
