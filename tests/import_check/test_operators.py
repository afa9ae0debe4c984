"""The evaluator's operators: quantisers by their definition, the others as onnxruntime has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from bnngen.import_check.operators import operators

QONNX = "qonnx.custom_op.general"
HALVES = np.array([-2.5, -2.0, -1.7, -1.5, -0.5, -0.2, 0.0, 0.2, 0.5, 1.5, 1.7, 2.5])


def evaluated(op: str, *inputs: Any, domain: str = QONNX, **attributes: Any) -> tuple[np.ndarray, np.ndarray]:
    """The result of one operator, and which elements it says lie on an edge."""
    names = [f"i{k}" for k in range(len(inputs))]
    model = one_node(helper.make_node(op, names, ["y"], domain=domain, **attributes), names)
    edges: dict[str, np.ndarray] = {}
    evaluator = ReferenceEvaluator(model, new_ops=operators(edges.__setitem__))
    arrays = dict(zip(names, (np.asarray(i, np.float64) for i in inputs), strict=True))
    (y,) = evaluator.run(None, arrays)
    return y, edges.get("y", np.array([]))


def one_node(node: onnx.NodeProto, names: list[str], type_: int = TensorProto.DOUBLE) -> onnx.ModelProto:
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(name, type_, None) for name in names],
        [helper.make_tensor_value_info("y", type_, None)],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("ROUND", [-2, -2, -2, -2, 0, 0, 0, 0, 0, 2, 2, 2]),
        ("HALF_EVEN", [-2, -2, -2, -2, 0, 0, 0, 0, 0, 2, 2, 2]),
        ("CEIL", [-2, -2, -1, -1, 0, 0, 0, 1, 1, 2, 2, 3]),
        ("FLOOR", [-3, -2, -2, -2, -1, -1, 0, 0, 0, 1, 1, 2]),
        ("UP", [-3, -2, -2, -2, -1, -1, 0, 1, 1, 2, 2, 3]),
        ("DOWN", [-2, -2, -1, -1, 0, 0, 0, 0, 0, 1, 1, 2]),
        ("ROUND_TO_ZERO", [-2, -2, -1, -1, 0, 0, 0, 0, 0, 1, 1, 2]),
        ("HALF_UP", [-3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 3]),
        ("HALF_DOWN", [-2, -2, -2, -1, 0, 0, 0, 0, 0, 1, 2, 2]),
        ("round", [-2, -2, -2, -2, 0, 0, 0, 0, 0, 2, 2, 2]),
    ],
)
def test_quant_rounds(mode: str, wanted: list[int]) -> None:
    y, edge = evaluated("Quant", HALVES, 1.0, 0.0, 4.0, rounding_mode=mode)
    assert y.tolist() == wanted
    at_halves = "half" in mode.lower() or mode.lower() == "round"
    assert edge.tolist() == [abs(v) % 1 == (0.5 if at_halves else 0) for v in HALVES]


@pytest.mark.parametrize(
    ("signed", "narrow", "lo", "hi"), [(1, 0, -4, 3), (1, 1, -3, 3), (0, 0, 0, 7), (0, 1, 0, 6)]
)
def test_quant_clips(signed: int, narrow: int, lo: int, hi: int) -> None:
    y, _ = evaluated("Quant", [-99.0, 99.0], 0.5, 0.0, 3.0, signed=signed, narrow=narrow)
    assert y.tolist() == [lo / 2, hi / 2]


def test_quant_has_a_zero_point() -> None:
    y, _ = evaluated("Quant", [0.0, 1.0, 9.0], 0.5, 2.0, 3.0, signed=0)
    assert y.tolist() == [0.0, 1.0, 2.5]


def test_bipolar_quant_and_sign() -> None:
    y, edge = evaluated("BipolarQuant", [-1.0, -0.0, 0.0, 2.0], 0.5)
    assert (y.tolist(), edge.tolist()) == ([-0.5, 0.5, 0.5, 0.5], [False, True, True, False])
    y, edge = evaluated("Sign", [-1.0, 0.0, 2.0], domain="")
    assert (y.tolist(), edge.tolist()) == ([-1, 0, 1], [False, True, False])


def test_multi_threshold_counts_channel_by_channel() -> None:
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    y, edge = evaluated("MultiThreshold", x, [[1.0, 2.5], [4.0, 9.0]], out_scale=0.5, out_bias=-1.0)
    assert y.tolist() == [[[[-1.0, -0.5], [-0.5, 0.0]], [[-0.5, -0.5], [-0.5, -0.5]]]]
    assert edge.ravel().tolist() == [False, True, False, False, True, False, False, False]


STANDARD: dict[str, list[dict[str, Any]]] = {
    "MaxPool": [
        {"kernel_shape": [3, 2], "pads": [1, 0, 2, 1]},
        {"kernel_shape": [2, 2], "strides": [2, 3], "dilations": [2, 1]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [2, 3], "strides": [2, 1], "auto_pad": "SAME_LOWER"},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [3, 2], "dilations": [2, 2]},
    ],
    "GlobalMaxPool": [{}],
    "Resize": [
        {"mode": "nearest", "nearest_mode": nearest, "coordinate_transformation_mode": transform}
        for nearest in ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")
        for transform in ("asymmetric", "half_pixel")
    ],
    "BatchNormalization": [{}, {"epsilon": 0.5}],
}
MORE: dict[str, list[np.ndarray]] = {
    "MaxPool": [],
    "GlobalMaxPool": [],
    "Resize": [np.array([], np.float64), np.array([1, 1, 2, 3], np.float32)],
    "BatchNormalization": [np.array(v) for v in ([0.5, -2.0], [1.0, 0.25], [3.0, -1.0], [0.5, 2.0])],
}


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 5)])
def test_the_greatest_of_a_map(shape: tuple[int, ...]) -> None:
    """Channel by channel, with one axis too."""
    x = np.random.default_rng(0).normal(size=shape)
    y, _ = evaluated("GlobalMaxPool", x, domain="")
    assert np.array_equal(y.reshape(2, 3), x.reshape(2, 3, -1).max(axis=2))


@pytest.mark.parametrize(
    ("op", "case"), [(op, case) for op, cases in STANDARD.items() for case in range(len(cases))]
)
def test_they_are_onnxruntimes(op: str, case: int) -> None:
    attributes, x = STANDARD[op][case], np.random.default_rng(case).normal(size=(2, 2, 7, 6))
    names = ["i0", *(f"i{k}" for k in range(1, 1 + len(MORE[op])))]
    node = helper.make_node(op, names, ["y"], **attributes)
    model = one_node(node, names, TensorProto.FLOAT)
    inputs = [x.astype(np.float32), *(m.astype(np.float32) for m in MORE[op])]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (wanted,) = session.run(None, dict(zip(names, inputs, strict=True)))
    y, _ = evaluated(op, *inputs, domain="", **attributes)
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)
