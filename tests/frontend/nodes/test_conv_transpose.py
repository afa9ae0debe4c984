"""ConvTranspose against onnx's evaluator and onnxruntime, down to the Verilog."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from onnxruntime import InferenceSession
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from tests.frontend.onnx_file import File


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_numbers(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    spatial = data.draw(st.sampled_from([(4,), (3, 2), (1, 5)]))
    kernel = [data.draw(st.integers(1, 4)) for _ in spatial]
    strides = [data.draw(st.integers(1, 3)) for _ in spatial]
    attributes: dict[str, Any] = {
        "strides": strides,
        "dilations": [data.draw(st.integers(1, 2)) for _ in spatial],
        "pads": [data.draw(st.integers(0, 2)) for _ in spatial * 2],
        "output_padding": [data.draw(st.integers(0, s - 1)) for s in strides],
        "group": data.draw(st.sampled_from([1, 1, 2])),
    }
    rank = len(spatial)
    if any(
        (n - 1) * s + (k - 1) * d + 1 + o - a - b < 1
        for n, s, k, d, o, a, b in zip(
            spatial,
            strides,
            kernel,
            attributes["dilations"],
            attributes["output_padding"],
            attributes["pads"][:rank],
            attributes["pads"][rank:],
            strict=True,
        )
    ):
        return
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    weights = random.integers(-4, 5, (4, 3, *kernel)).astype(np.float32)
    bias = (random.integers(-8, 9, 3 * attributes["group"]) / 4).astype(np.float32)
    model = File(4, *spatial)
    y = model.node("ConvTranspose", model.quant("x", 1.0), weights, bias, **attributes)
    x = random.integers(-8, 8, (3, 4, *spatial))
    network = lower(import_onnx(model.save(tmp_path_factory.mktemp("model") / "model.onnx", y)))
    found = network.host.real_outputs(network.run(quantize(x, network)))
    value = helper.make_tensor_value_info
    ends = [value(n, TensorProto.FLOAT, None) for n in "xwb"], [value("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(
        [helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], **attributes)], "g", *ends
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(None, {"x": x.astype(np.float32), "w": weights, "b": bias})
    assert np.array_equal(found, wanted)


USUAL = [
    ((3, 4), (2, 2), {"strides": [2, 2]}),
    ((3, 4), (4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ((3, 3), (3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    ((3, 2), (3, 3), {"strides": [2, 2]}),
    ((3, 3), (2, 2), {"strides": [2, 2], "group": 2}),
    ((5,), (3,), {"strides": [2], "pads": [1, 1], "output_padding": [1]}),
]


@pytest.mark.parametrize(("spatial", "kernel", "attributes"), USUAL)
@pytest.mark.parametrize("codes", ["bipolar", "signed", "with a zero point"])
def test_down_to_the_verilog(
    spatial: tuple[int, ...], kernel: tuple[int, ...], attributes: dict[str, Any], codes: str
) -> None:
    """With scales and thresholds of each channel behind it, and a convolution. A zero point gives each phase
    an offset of its own."""
    model, groups, rank = File(4, *spatial), attributes.get("group", 1), len(spatial)
    if codes == "bipolar":
        x = model.bipolar("x")
    else:
        zero = 0.0 if codes == "signed" else 3.0
        x = model.quant("x", 0.5, bits=3.0, zero=zero, signed=int(not zero))
    scale = np.array([0.5, 1.0, 0.25][: 6 // groups // 2]).reshape(1, -1, *(1,) * rank)
    weights = model.bipolar(signs(4, 6 // groups // 2, *kernel), scale)
    y = model.node(
        "ConvTranspose",
        x,
        weights,
        np.arange(6 // 2 if groups == 1 else 2) / 4 if groups == 1 else np.arange(2) / 4,
        **attributes,
    )
    y = model.quant(y, 0.5, bits=3.0)
    channels = 3 if groups == 1 else 2
    y = model.quant(model.node("Conv", y, signs(2, channels, *(1,) * rank)), 1.0, bits=3.0)
    verilog_agrees(agrees(model, y), 1_000_000)


def test_offsets_of_phases_at_the_end() -> None:
    """The host adds them, before the bias, where all positions are outputs."""
    model = File(2, 3, 3)
    x = model.quant("x", 0.5, bits=3.0, zero=3.0, signed=0)
    weights = model.bipolar(signs(2, 3, 2, 2), 0.5)
    agrees(model, model.node("ConvTranspose", x, weights, np.arange(3) / 4, strides=[2, 2]))


@pytest.mark.parametrize("behind", ["Conv", "nothing"])
def test_offsets_of_phases_without_a_quantiser(behind: str) -> None:
    """They can't pass the layer that leaves positions away, or another one."""
    model = File(2, 3, 3)
    x = model.quant("x", 0.5, bits=3.0, zero=3.0, signed=0)
    y = model.node("ConvTranspose", x, signs(2, 3, 3, 3), strides=[2, 2], name="op")
    if behind == "Conv":
        y = model.node("Conv", y, signs(2, 3, 1, 1))
    refuses(
        model,
        y,
        "layer 'op_blocks': turns frames of shape (12, 4, 4) into (3, 8, 8) whose channels mix elements with "
        "different scales or offsets, such as those that a zero point gives the phases of a ConvTranspose, so "
        "that they are no integers for the next layer; quantise its result, or use a zero point of 0 "
        "(symmetric activations) and one scale in front of it",
    )


REFUSED: dict[str, tuple[tuple[int, ...], dict[str, Any], str]] = {
    "other weights": (
        (3, 2, 2, 2),
        {},
        "has weights of shape (3, 2, 2, 2) in 1 groups for a tensor of shape (1, 4, 3, 3)",
    ),
    "a shape": (
        (4, 2, 2, 2),
        {"output_shape": [6, 6]},
        "with auto_pad or output_shape is not supported; give pads and output_padding",
    ),
    "nothing left": (
        (4, 2, 1, 1),
        {"pads": [2, 2, 2, 2]},
        "has padding [2, 2, 2, 2] that leaves nothing of its outputs",
    ),
    "other axes": (
        (4, 2, 2, 2),
        {"strides": [2]},
        "has strides, dilations, pads or output_padding for other than 2 axes",
    ),
    "no step": ((4, 2, 2, 2), {"strides": [0, 1]}, "has strides or dilations below 1, or pads below 0"),
    "gigabytes": (
        (4, 2, 2, 2),
        {"strides": [1 << 20, 1 << 20]},
        "makes weights of 4,398,046,511,104 elements; at most 16,777,216 are supported",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    shape, attributes, problem = REFUSED[name]
    model = File(4, 3, 3)
    y = model.node("ConvTranspose", model.quant("x", 0.5), signs(*shape), name="op", **attributes)
    refuses(model, y, f"layer 'op': ConvTranspose {problem}")


def test_a_sequence_in_groups_with_a_class_at_each_position() -> None:
    model = File(4, 6)
    y = model.node("ConvTranspose", model.quant("x", 0.5, bits=3.0), signs(4, 2, 3), strides=[2], group=2)
    y = model.node("Add", model.quant(y, 1.0, bits=3.0), np.arange(4).reshape(4, 1) / 3)
    verilog_agrees(agrees(model, model.node("ArgMax", y, axis=1, keepdims=0)), 1_000_000)
