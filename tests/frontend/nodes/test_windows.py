"""Conv and pooling against the reference evaluator: every attribute that exporters write."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnxruntime import InferenceSession
from support.cases import case_agrees
from support.narrow import of_type
from support.networks import windows
from support.onnx_files import agrees, custom_ops, refuses, signs, verilog_agrees

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.ir.layers import Convolution
from bnngen.numbers.datatypes import IntType
from bnngen.ops.global_max_pool import GlobalMaxPool
from bnngen.ops.max_pool import MaxPool
from tests.frontend.onnx_file import File

Kernel = tuple[int, ...]
WINDOWS: list[tuple[Kernel, Kernel, dict[str, Any]]] = [
    ((4, 5), (3, 3), {}),
    ((4, 5), (3, 2), {"strides": [2, 1]}),
    ((5, 5), (3, 3), {"pads": [1, 1, 1, 1]}),
    ((5, 4), (3, 2), {"pads": [0, 1, 2, 0], "strides": [2, 2]}),
    ((6, 5), (2, 3), {"dilations": [2, 1]}),
    ((6, 6), (3, 3), {"dilations": [2, 2], "pads": [2, 2, 2, 2], "strides": [3, 2]}),
    ((5, 3), (1, 1), {"strides": [2, 2]}),
    ((7,), (3,), {"pads": [1, 1]}),
    ((9,), (3,), {"strides": [2], "dilations": [2]}),
]


def ended(model: File, tensor: str, shape: tuple[int, ...]) -> str:
    """A dense layer behind it, which needs the flattened order to be right."""
    features = int(np.prod(shape))
    quantized = model.bipolar(model.node("Add", tensor, 0.125))
    return model.node("MatMul", model.node("Flatten", quantized), signs(features, 3))


def out_shape(spatial: Kernel, kernel: Kernel, attributes: dict[str, Any]) -> Kernel:
    rank = len(kernel)
    strides, dilations = (attributes.get(k, [1] * rank) for k in ("strides", "dilations"))
    pads = attributes.get("pads", [0] * 2 * rank)
    return tuple(
        (n + pads[i] + pads[rank + i] - (k - 1) * d - 1) // s + 1
        for i, (n, k, s, d) in enumerate(zip(spatial, kernel, strides, dilations, strict=True))
    )


@pytest.mark.parametrize(("spatial", "kernel", "attributes"), WINDOWS)
@pytest.mark.parametrize("kind", ["bipolar", "uint2", "offset", "grouped", "depthwise"])
def test_conv(spatial: Kernel, kernel: Kernel, attributes: dict[str, Any], kind: str) -> None:
    model = File(4, *spatial)
    if kind == "uint2":
        x = model.quant("x", 0.5, bits=2.0, signed=0)
    elif kind == "offset":
        x = model.quant("x", 0.5, bits=3.0, zero=2.0, signed=0)
    else:
        x = model.bipolar("x", 0.5)
    groups = {"grouped": 2, "depthwise": 4}.get(kind, 1)
    weights, bias = signs(8, 4 // groups, *kernel), np.arange(8) / 8 - 0.3
    conv = model.node("Conv", x, weights, bias, group=groups, **attributes)
    agrees(model, ended(model, conv, (8, *out_shape(spatial, kernel, attributes))))


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize(("spatial", "kernel", "strides"), [((5, 6), (3, 2), [2, 2]), ((7,), (4,), [1])])
def test_auto_pad(tmp_path: Path, mode: str, spatial: Kernel, kernel: Kernel, strides: list[int]) -> None:
    """onnxruntime gives the same for the mode and for the padding that it is read as. (The reference evaluator
    pads for VALID too, and differs from onnxruntime for SAME_UPPER.)"""

    def saved(**attributes: Any) -> Path:
        model = File(1, *spatial)
        weights = np.arange(1, 1 + np.prod(kernel), dtype=np.float32).reshape(1, 1, *kernel)
        model.node("Conv", "x", weights, strides=strides, **attributes)
        return model.save(tmp_path / "model.onnx", "t0_0")

    def outputs(path: Path) -> list[Any]:
        x = np.random.default_rng(0).integers(-9, 9, (1, 1, *spatial)).astype(np.float32)
        session = InferenceSession(str(path), providers=["CPUExecutionProvider"])
        found: list[Any] = session.run(None, {"x": x})[0].tolist()
        return found

    path = saved(auto_pad=mode)
    wanted, window = outputs(path), of_type(Convolution, import_onnx(path).nodes[0].op).window
    assert outputs(saved(pads=[*window.before, *window.after])) == wanted


@pytest.mark.parametrize(("spatial", "kernel", "attributes"), WINDOWS)
@pytest.mark.parametrize("place", ["codes", "sums", "scaled", "relu"])
def test_max_pool(spatial: Kernel, kernel: Kernel, attributes: dict[str, Any], place: str) -> None:
    """On codes, on sums, behind batch norms that fall in some channels, and around a Relu."""
    model = File(2, *spatial)
    x = model.quant("x", 0.5, bits=3.0)
    y = model.node("Conv", x, signs(3, 2, *(1,) * len(spatial)))
    per_channel = (3, *(1,) * len(spatial))
    if place == "codes":
        y = model.quant(y, 0.75, bits=2.0)
    if place == "scaled":
        y = model.node("Mul", y, np.array([0.5, -1.5, 2.0]).reshape(per_channel))
    if place == "relu":
        y = model.node("Relu", model.node("Add", y, np.array([0.1, -1.1, 2.1]).reshape(per_channel)))
    pooled = model.node("MaxPool", y, kernel_shape=kernel, **attributes)
    if place == "relu":
        pooled = model.quant(model.node("Relu", pooled), 0.5, bits=2.0, signed=0)
    agrees(model, ended(model, pooled, (3, *out_shape(spatial, kernel, attributes))))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_max_pool_is_that_of_onnxruntime(data: st.DataObject) -> None:
    spatial = data.draw(st.sampled_from([(4,), (5, 4), (3, 6)]))
    window = data.draw(windows(spatial))
    if any(p > k // 2 for p, k in zip((*window.before, *window.after), window.kernel * 2, strict=True)):
        return  # more padding than onnxruntime takes
    x = np.random.default_rng(0).integers(-9, 10, (2, *spatial, 3))
    value = helper.make_tensor_value_info
    node = helper.make_node(
        "MaxPool",
        ["x"],
        ["y"],
        kernel_shape=window.kernel,
        strides=window.strides,
        dilations=window.dilations,
        pads=[*window.before, *window.after],
    )
    ends = [value("x", TensorProto.FLOAT, [2, 3, *spatial])], [value("y", TensorProto.FLOAT, None)]
    model = helper.make_model(
        helper.make_graph([node], "pool", *ends), opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(None, {"x": np.moveaxis(x, -1, 1).astype(np.float32)})
    pool = MaxPool(window, spatial, np.zeros(3, bool), IntType(-9, 9))
    assert np.array_equal(np.moveaxis(pool.compute(x), -1, 1), wanted)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_ceil_mode_is_that_of_onnxruntime(data: st.DataObject) -> None:
    """Of both pools, and of the evaluator of ``--check-import``; an average is right or refused."""
    spatial = data.draw(st.sampled_from([(5,), (4, 3), (6, 7)]))
    kernel = [data.draw(st.integers(1, 4)) for _ in spatial]
    strides = [data.draw(st.integers(1, 4)) for _ in spatial]
    pads = [data.draw(st.integers(0, k // 2)) for k in kernel * 2]
    if any(n + a + b < k for n, a, b, k in zip(spatial, pads, pads[len(spatial) :], kernel, strict=False)):
        return
    kind = data.draw(st.sampled_from(["MaxPool", "AveragePool"]))
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": strides, "pads": pads, "ceil_mode": 1}
    if kind == "AveragePool":
        attributes["count_include_pad"] = data.draw(st.integers(0, 1))
    x = np.random.default_rng(0).integers(-9, 10, (2, 3, *spatial)).astype(np.float32)
    wanted = by_onnxruntime(kind, x, **attributes)
    (evaluated,) = ReferenceEvaluator(one_node(kind, **attributes), new_ops=custom_ops()).run(None, {"x": x})
    np.testing.assert_allclose(evaluated, wanted, rtol=1e-5, atol=1e-6)
    model = File(3, *spatial, opset=19)
    y = model.node(
        kind,
        model.node("Conv", model.quant("x", 1.0, bits=5.0), np.ones((3, 1, *(1,) * len(spatial))), group=3),
        **attributes,
    )
    refused = ""
    with TemporaryDirectory() as folder:
        try:
            import_onnx(model.save(Path(folder) / "model.onnx", y))
        except ModelError as error:
            refused = str(error)
    if not refused:
        agrees(model, y, x)
    else:
        assert kind == "AveragePool"
        assert "AveragePool divides by " in refused or "which tools do in different ways" in refused


def one_node(kind: str, **attributes: Any) -> ModelProto:
    value = helper.make_tensor_value_info
    ends = [value("x", TensorProto.FLOAT, None)], [value("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"], **attributes)], "pool", *ends)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)


def by_onnxruntime(kind: str, x: np.ndarray, **attributes: Any) -> np.ndarray:
    session = InferenceSession(
        one_node(kind, **attributes).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    found: np.ndarray = session.run(None, {"x": x})[0]
    return found


@pytest.mark.parametrize("spatial", [(7,), (5, 6)])
def test_a_pool_that_is_cut_off_down_to_the_verilog(spatial: Kernel) -> None:
    model = File(3, *spatial)
    kernel, strides = [3] * len(spatial), [2] * len(spatial)
    x = model.quant("x", 0.5, bits=3.0)
    pooled = model.node("MaxPool", x, kernel_shape=kernel, strides=strides, ceil_mode=1)
    positions = tuple(-(-(n - 3) // 2) + 1 for n in spatial)
    verilog_agrees(agrees(model, ended(model, pooled, (3, *positions))), 1_000_000)


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 0, 0, 1]])
def test_average_pool(pads: list[int]) -> None:
    model = File(3, 5, 4)
    x = model.quant("x", 0.5, bits=3.0)
    shape = out_shape((5, 4), (2, 3), {"pads": pads, "strides": [1, 2]})
    pooled = model.node("AveragePool", x, kernel_shape=[2, 3], strides=[1, 2], pads=pads, count_include_pad=1)
    agrees(model, ended(model, pooled, (3, *shape)))


@pytest.mark.parametrize("spatial", [(3, 2), (5,)])
def test_global_average_pool(spatial: Kernel) -> None:
    model = File(3, *spatial)
    pooled = model.node("GlobalAveragePool", model.quant("x", 0.5, bits=3.0))
    agrees(model, ended(model, pooled, (3, 1, 1)))


@pytest.mark.parametrize("spatial", [(3, 2), (5,), (1, 1)])
def test_global_max_pool(spatial: Kernel) -> None:
    """Down to the Verilog, with stalls."""
    model = File(3, *spatial)
    pooled = model.node("GlobalMaxPool", model.quant("x", 0.5, bits=3.0))
    network = agrees(model, ended(model, pooled, (3, 1, 1)))
    assert isinstance(network.layers[0].op, GlobalMaxPool)
    verilog_agrees(network, 1_000_000)


def test_an_eight_bit_input_with_its_affine() -> None:
    """2x/255 - 1, and a first layer on the integers."""
    model = File(3, 4, 4)
    scaled = model.node("Sub", model.node("Mul", "x", 2.0), 1.0)
    x = model.quant(scaled, 1 / 128, bits=8.0)
    conv = model.node("Conv", x, model.bipolar(signs(4, 3, 3, 3), 0.25))
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 4)) / 255
    agrees(model, ended(model, conv, (4, 2, 2)), images)


def test_weights_with_a_scale_for_each_output() -> None:
    model = File(2, 3, 3)
    scale = np.array([0.5, -0.25, 1.0]).reshape(3, 1, 1, 1)
    conv = model.node("Conv", model.bipolar("x"), model.bipolar(signs(3, 2, 2, 2), scale))
    agrees(model, ended(model, conv, (3, 2, 2)))


REFUSED = {
    "an average over fewer": (
        lambda m: m.node("AveragePool", "x", kernel_shape=[2, 2], pads=[1, 1, 1, 1]),
        "layer 'AveragePool0': AveragePool divides by 1, 2, 4, by fewer where a window is cut off at the border; "
        "use count_include_pad = 1, no padding, or no ceil_mode",
    ),
    "an average that is cut off": (
        lambda m: m.node(
            "AveragePool", "x", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, count_include_pad=1
        ),
        "layer 'AveragePool0': AveragePool with ceil_mode = 1 counts padding where windows are cut off, which "
        "tools do in different ways; use count_include_pad = 0, or no ceil_mode",
    ),
    "an average of nothing": (
        lambda m: m.node("AveragePool", "x", kernel_shape=[1, 1], pads=[1, 1, 0, 0]),
        "layer 'AveragePool0': AveragePool has windows that see nothing but padding",
    ),
    "too large a window": (
        lambda m: m.node("MaxPool", "x", kernel_shape=[4, 2]),
        "layer 'MaxPool0': MaxPool has a window of (4, 2) positions, which the map of (3, 3), padding "
        "included, is too small for",
    ),
    "other channels": (
        lambda m: m.node("Conv", m.bipolar("x"), signs(3, 4, 1, 1)),
        "layer 'Conv1': Conv has weights of shape (3, 4, 1, 1) in 1 groups for 2 channels",
    ),
    "real weights": (
        lambda m: m.node("Conv", m.bipolar("x"), np.array([[1.0, 1e6], [-1, 1]])[:, :, None, None]),
        "layer 'Conv1': Conv has weights that are not integers of at most 8 bits, times one number for each "
        "output: output 0 has 2 different weights, such as 1 and 1e+06; an exporter that folds constants or a "
        "batch norm into quantised weights rounds them to single precision: export without (torch.onnx.export "
        "with optimize=False; by the old exporter with do_constant_folding=False and "
        "training=TrainingMode.PRESERVE)",
    ),
    "padding between the integers": (
        lambda m: m.node("Conv", m.quant("x", 1.0, bits=2.0, zero=0.5), signs(1, 2, 3, 3), pads=[1] * 4),
        "layer 'Conv1': pads with 0.5 where its input holds int2 -2..1; accepted is one of these integers: "
        "quantise the input so that 0 is one of its values",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    model = File(2, 3, 3)
    build, message = REFUSED[case]
    refuses(model, build(model), message)


def test_pads_beside_auto_pad_are_refused() -> None:
    model = File(1, 4)
    pooled = model.node(
        "MaxPool", model.bipolar("x"), kernel_shape=[3], pads=[1, 0], auto_pad="SAME_LOWER", name="op"
    )
    refuses(
        model, pooled, "layer 'op': MaxPool has both pads and auto_pad SAME_LOWER, which exclude each other"
    )


@pytest.mark.parametrize("name", ["maxpool_ceil.q", "dwsep_w4a4.b8"])
def test_cases(shared: Path, name: str) -> None:
    """One of them was exported with eight frames at once."""
    case_agrees(shared, name)


def test_padding_with_a_code_that_the_quantiser_never_gives() -> None:
    """Codes 2 and 3 have two bits, which hold 0 too."""
    model = File(1, 4, 4)
    x = model.node("Conv", model.quant("x", 0.5, bits=4.0), signs(1, 1, 1, 1))
    x = model.node("Round", model.node("Clip", x, 2.0, 3.0))
    network = agrees(model, model.node("Conv", x, signs(2, 1, 3, 3), pads=[1, 1, 1, 1]))
    verilog_agrees(network, 10_000)
