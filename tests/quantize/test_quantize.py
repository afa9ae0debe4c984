"""Float ONNX files in every form that exporters give them, quantised and run by the golden model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import bnngen
from bnngen.base.errors import DataError, ModelError, UsageError
from bnngen.quantize.choices import ROUNDINGS, RULES, Choices
from bnngen.quantize.quantize import quantize_model

pytestmark = pytest.mark.train

Step = tuple[str, list[np.ndarray], dict[str, Any]]
"""An operator, its constants, its attributes."""
random = np.random.default_rng(0)


def model(shape: tuple[int, ...], *nodes: tuple[Any, ...], opset: int = 13) -> onnx.ModelProto:
    """A chain from x to the last node; a node is (operator, constants, attributes)."""
    made, tensors, name = [], [], "x"
    for index, (op, constants, attributes) in enumerate(nodes):
        names = [f"c{index}_{k}" for k in range(len(constants))]
        arrays = [np.asarray(c, np.int64 if op == "Reshape" else np.float32) for c in constants]
        tensors += [numpy_helper.from_array(a, n) for a, n in zip(arrays, names, strict=True)]
        result = f"t{index}"
        made.append(helper.make_node(op, [name, *names], [result], name=f"{op}{index}", **attributes))
        name = result
    value = helper.make_tensor_value_info
    inputs, outputs = [value("x", 1, ["N", *shape])], [value(name, TensorProto.FLOAT, None)]
    graph = helper.make_graph(made, "g", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def norm(channels: int) -> Step:
    scale, bias, mean, var = random.uniform(0.5, 2, (4, channels))
    return ("BatchNormalization", [scale, bias - 1, mean - 1, 5 * var], {})


def dense(inputs: int, outputs: int) -> np.ndarray:
    result: np.ndarray = random.normal(size=(inputs, outputs)) / inputs**0.5
    return result


MLP: tuple[Step, ...] = (
    ("MatMul", [dense(12, 10)], {}),
    norm(10),
    ("Relu", [], {}),
    ("Gemm", [dense(10, 8).T, random.normal(size=8)], {"transB": 1}),
    ("Relu", [], {}),
    ("Gemm", [dense(8, 4), random.normal(size=4)], {}),
)
CNN: tuple[Step, ...] = (
    ("Conv", [random.normal(size=(5, 2, 3, 3)), random.normal(size=5)], {"pads": [1, 1, 1, 1]}),
    norm(5),
    ("Relu", [], {}),
    ("MaxPool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("Conv", [random.normal(size=(6, 5, 3, 3))], {"pads": [0, 1, 1, 1], "strides": [1, 2]}),
    ("Relu", [], {}),
    ("GlobalAveragePool", [], {}),
    ("Flatten", [], {}),
    ("Gemm", [dense(6, 4), random.normal(size=4)], {}),
    ("Softmax", [], {"axis": -1}),
)
NETWORKS: dict[str, tuple[tuple[int, ...], tuple[Step, ...]]] = {"mlp": ((12,), MLP), "cnn": ((2, 8, 8), CNN)}


def in_float(proto: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    result: np.ndarray = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": x})[0]
    return result


def scores(proto: onnx.ModelProto, x: np.ndarray, tmp_path: Path) -> np.ndarray:
    (tmp_path / "q.onnx").write_bytes(proto.SerializeToString())
    network = bnngen.load(tmp_path / "q.onnx")
    return network.host.real_outputs(bnngen.golden(network, x))


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize(
    ("name", "ranges", "per_channel"),
    [*(("cnn", ranges, True) for ranges in RULES), ("cnn", "mse", False), ("mlp", "min_max", True)],
)
def test_six_bits_are_near_the_float_network(
    name: str, ranges: Any, per_channel: bool, rounding: str, tmp_path: Path
) -> None:
    shape, nodes = NETWORKS[name]
    float_model = model(shape, *nodes)
    x = random.normal(size=(300, *shape)).astype(np.float32)
    choices = Choices(6, 6, 8, ranges, 99.99, per_channel, norms=False, rounding=rounding)
    quantized, layers = quantize_model(float_model, x, choices)
    wanted = in_float(float_model, x)
    found = scores(quantized, x, tmp_path)
    assert np.abs(found - wanted).mean() < 0.15 * wanted.std()
    assert [layer.weights for layer in layers] == [
        c[0].size for op, c, _ in nodes if c and op in ("MatMul", "Gemm", "Conv")
    ]
    assert all(layer.sqnr_db > 20 for layer in layers)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_the_golden_model_is_what_was_calibrated(rounding: str, tmp_path: Path) -> None:
    """The walk's own float arithmetic and the exact integers agree, against the file in float."""
    x = random.normal(size=(200, 12)).astype(np.float32)
    quantized, layers = quantize_model(model((12,), *MLP), x, Choices(3, 3, 5, rounding=rounding))
    wanted = in_float(model((12,), *MLP), x)
    found = scores(quantized, x, tmp_path)
    error = np.square(found - wanted).mean()
    assert 10 * np.log10(np.square(wanted).mean() / error) == pytest.approx(layers[-1].sqnr_db, abs=0.3)


@pytest.mark.parametrize("name", NETWORKS)
def test_compensation_is_nearer_to_the_float_network(name: str) -> None:
    shape, nodes = NETWORKS[name]
    inputs = int(np.prod(shape))
    x = random.normal(size=(600, inputs)) @ random.normal(size=(inputs, inputs))
    x = x.reshape(-1, *shape).astype(np.float32)
    found = []
    for rounding in ROUNDINGS:
        choices = Choices(2, 8, 8, norms=False, rounding=rounding)
        found.append([layer.sqnr_db for layer in quantize_model(model(shape, *nodes), x, choices)[1]])
    gains = np.subtract(found[1], found[0])
    assert gains.min() > -0.1
    assert gains.sum() > 1
    assert max(found[1]) < 25  # from weights as they were, which two bits can't be so near to


def test_bits_cost_six_decibels_each() -> None:
    x = random.normal(size=(300, 12)).astype(np.float32)
    single = model((12,), ("MatMul", [dense(12, 40)], {}))
    sqnr = [quantize_model(single, x, Choices(bits, input_bits=8))[1][0].sqnr_db for bits in (3, 4, 5)]
    assert np.diff(sqnr) == pytest.approx([6.02, 6.02], abs=1.5)


def test_bias_correction_takes_the_mean_error_off(tmp_path: Path) -> None:
    x = random.normal(1.0, 1.0, size=(300, 12)).astype(np.float32)
    wanted = in_float(model((12,), *MLP), x)
    errors = []
    for correction in (True, False):
        choices = Choices(2, 4, 4, bias_correction=correction, norms=False)
        quantized, _ = quantize_model(model((12,), *MLP), x, choices)
        errors.append(np.abs((scores(quantized, x, tmp_path) - wanted).mean(0)))
    assert errors[0].max() < 1e-3
    assert errors[1].max() > 1e-2


def test_batch_norms_are_measured_on_the_quantized_network() -> None:
    x = random.normal(size=(300, 12)).astype(np.float32)
    quantized, _ = quantize_model(model((12,), *MLP), x, Choices(2, 2, 2))
    node = next(n for n in quantized.graph.node if n.op_type == "BatchNormalization")
    tensors = {t.name: numpy_helper.to_array(t) for t in quantized.graph.initializer}
    first = {n.op_type: n for n in quantized.graph.node[:1]}
    assert first["Quant"].input[0] == "x"
    assert not np.allclose(tensors[node.input[4]], 5 * 1.0)
    untouched, _ = quantize_model(model((12,), *MLP), x, Choices(2, 2, 2, norms=False))
    node = next(n for n in untouched.graph.node if n.op_type == "BatchNormalization")
    assert list(node.input[3:]) == ["c1_2", "c1_3"]


def test_a_budget_gives_each_layer_its_bits() -> None:
    x = random.normal(size=(100, 12)).astype(np.float32)
    _, layers = quantize_model(model((12,), *MLP), x, Choices(budget=1000))
    assert sum(layer.weights * layer.weight_bits for layer in layers) <= 1000
    bits = [layer.weight_bits for layer in layers]
    assert bits[2] > bits[0]


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([("Tanh", [], {})], "layer 'Tanh1': is a Tanh; post-training quantization takes Add, "),
        (
            [("BipolarQuant", [1.0], {"domain": "onnx.brevitas"})],
            "layer 'BipolarQuant1': is a quantiser already",
        ),
        (
            [("AveragePool", [], {"kernel_shape": [1], "ceil_mode": 1})],
            "has ceil_mode = 1; it must be without",
        ),
    ],
)
def test_what_is_refused(nodes: list[Any], message: str) -> None:
    with pytest.raises(ModelError) as error:
        quantize_model(model((12,), MLP[0], *nodes), np.zeros((2, 12)), Choices())
    assert message in str(error.value)


def test_clip_between_two_products() -> None:
    """Relu6 as exporters write it: limits as inputs, one of them left out, or as attributes."""
    x = random.normal(size=(300, 12)).astype(np.float32)
    weights = dense(12, 10) * 4
    for clip, opset in (
        (("Clip", [0, 1.5], {}), 13),
        (("Clip", [-0.5], {}), 13),
        (("Clip", [], {"min": 0.0, "max": 1.5}), 10),
    ):
        float_model = model(
            (12,), ("MatMul", [weights], {}), clip, ("MatMul", [dense(10, 4)], {}), opset=opset
        )
        _, layers = quantize_model(float_model, x, Choices(8, 8, 8))
        assert layers[1].sqnr_db > 30
    float_model.graph.node[1].CopyFrom(helper.make_node("Clip", ["t0", "", "c0_0"], ["t1"]))
    with pytest.raises(
        ModelError, match=r"layer 'Clip': can't be computed on inputs of shapes \(300, 10\), nothing"
    ):
        quantize_model(float_model, x, Choices())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 11)), r"x has shape \(2, 11\), but the model takes \(N, 12\)"),
        (np.zeros((2, 12, 1)), r"x has shape \(2, 12, 1\), but the model takes \(N, 12\)"),
        (np.full((2, 12), 1e300), r"x holds NaN or numbers beyond 1e\+18"),
    ],
)
def test_samples_that_do_not_suit_the_network(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        quantize_model(model((12,), *MLP), x, Choices())


def test_numbers_that_leave_float32() -> None:
    for weights, x, message in (
        (dense(12, 4), 1e17, r"gives NaN or numbers beyond 1e\+18 on the calibration data"),
        (dense(12, 4) * 1e30, 1.0, r"has weights that are NaN or beyond 1e\+18"),
        (dense(12, 4) * np.nan, 1.0, "has weights that are NaN"),
    ):
        with pytest.raises(ModelError, match=f"layer 'MatMul0': {message}"):
            quantize_model(model((12,), ("MatMul", [weights * 100], {})), np.full((2, 12), x), Choices())


def test_two_inputs_are_refused() -> None:
    proto = model((12,), *MLP)
    proto.graph.input.append(helper.make_tensor_value_info("mask", 1, ["N", 12]))
    with pytest.raises(UsageError, match="the model has 2 inputs"):
        quantize_model(proto, np.zeros((2, 12)), Choices())


def test_branches_and_networks_without_products_are_refused() -> None:
    with pytest.raises(UsageError, match="has no Gemm, MatMul or Conv with constant weights"):
        quantize_model(model((12,), ("Relu", [], {})), np.zeros((2, 12)), Choices())
    proto = model((12,), MLP[0], ("Relu", [], {}), ("Relu", [], {}))
    proto.graph.node[2].CopyFrom(helper.make_node("Add", ["t0", "t1"], ["t2"], name="sum"))
    with pytest.raises(ModelError, match=r"layer 'sum': is a Add of two computed tensors; .* takes chains"):
        quantize_model(proto, np.zeros((2, 12)), Choices())
