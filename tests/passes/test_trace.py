"""The trace of a layer: its numbers are those of the file, and a wrong table is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnngen.base.errors import UsageError
from bnngen.frontend import import_onnx
from bnngen.ir.graph import Graph
from bnngen.numbers.datatypes import IntType
from bnngen.passes.lower import lower
from bnngen.passes.trace import Trace, trace
from bnngen.reference.network import NamedLayer, Network
from tests.frontend.onnx_file import File

RANDOM = np.random.default_rng(0)


def signs(*shape: int) -> np.ndarray:
    return RANDOM.choice([-1.0, 1.0], shape)


def norm(model: File, x: str, channels: int) -> str:
    """With scales of both signs, and a channel with none."""
    gamma = np.resize(np.array([1.5, -0.75, 0, 0.3], np.float32), channels)
    return model.node(
        "BatchNormalization",
        x,
        gamma,
        *RANDOM.normal(0, 1, (2, channels)).astype(np.float32),
        RANDOM.uniform(0.5, 2, channels).astype(np.float32),
    )


def read(tmp_path: Path, model: File, output: str) -> tuple[Graph, Network]:
    graph = import_onnx(model.save(tmp_path / "model.onnx", output))
    return graph, lower(graph)


def all_of(graph: Graph, network: Network, name: str) -> Trace:
    found = trace(graph, network, name, range(graph.shapes[trace(graph, network, name).start.name][-1]))
    assert all(channel.checked > 4 and not channel.wrong for channel in found.channels)
    return found


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_dense_layer(tmp_path: Path, bits: int) -> None:
    model = File(9)
    x = model.node("MatMul", model.bipolar("x"), signs(9, 5), name="fc")
    x = norm(model, x, 5)
    x = (
        model.bipolar(x)
        if bits == 1
        else model.quant(model.node("Relu", x), 0.25, bits=float(bits), signed=0)
    )
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(5, 3), name="end"))
    found = all_of(graph, network, "fc")
    assert [channel.negated for channel in found.channels] == [False, True, False, False, False]
    thresholds: Any = network.layers[0].op
    for channel in found.channels:
        assert list(channel.table) == thresholds.activation.thresholds[channel.channel].tolist()
        lo, hi = channel.range
        for level, threshold in zip(channel.levels, channel.table, strict=True):
            if level.integer is not None:
                assert min(max(level.integer, lo), hi + 1) == threshold


@pytest.mark.parametrize("name", ["fc", "scale", "norm", "act"])
def test_each_name_on_the_way_leads_to_it(tmp_path: Path, name: str) -> None:
    model = File(9)
    x = model.node("MatMul", model.bipolar("x"), signs(9, 4), name="fc")
    x = model.node(
        "Add",
        model.node("Mul", x, np.float32(0.3), name="scale"),
        np.array([1, 2, 3, 4], np.float32),
        name="norm",
    )
    x = model.quant(x, 0.25, name="act")
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    found = all_of(graph, network, name)
    assert found.start.name == "fc"
    assert [node.name for node in found.channels[0].chain.nodes] == ["scale", "norm", "act_scale", "act"]


def test_codes_that_became_bipolar(tmp_path: Path) -> None:
    """{0, 1} in the file, -1 and +1 in the network, in front of the layer and behind it."""
    model = File(9)
    x = model.bipolar("x")
    for k in range(3):
        x = model.node("MatMul", x, signs(9, 9), name=f"fc{k}")
        x = model.quant(model.node("Relu", norm(model, x, 9)), 1.0, bits=1.0, signed=0)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(9, 3)))
    assert str(network.layers[1].op.input_type) == "bipolar"
    for k in range(3):
        all_of(graph, network, f"fc{k}")


def test_a_map_with_a_pool_and_padding(tmp_path: Path) -> None:
    model = File(2, 8, 8)
    x = model.node(
        "Conv", model.quant("x", 0.5), RANDOM.integers(-3, 4, (4, 2, 3, 3)).astype(float), name="conv"
    )
    x = model.quant(norm(model, model.node("MaxPool", x, kernel_shape=[2, 2]), 4), 0.5, name="act")
    x = model.node("Conv", x, signs(3, 4, 3, 3), pads=[1, 1, 1, 1])
    graph, network = read(tmp_path, model, model.bipolar(x))
    assert len(all_of(graph, network, "conv").channels) == 4


def test_sums_of_two_branches(tmp_path: Path) -> None:
    model = File(6)
    x = model.quant("x", 0.5)
    a, b = (
        model.quant(model.node("MatMul", x, signs(6, 4), name=n), s) for n, s in (("a", 0.5), ("b", 0.25))
    )
    x = model.quant(model.node("Add", a, b, name="sum"), 0.75, name="act")
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    assert all_of(graph, network, "sum").channels[0].range == all_of(graph, network, "act").channels[0].range
    all_of(graph, network, "a")


def test_sums_with_two_readers(tmp_path: Path) -> None:
    model = File(6)
    x = model.node("MatMul", model.quant("x", 0.5), signs(6, 4), name="fc")
    a, b = model.quant(x, 0.5, name="a"), model.bipolar(model.node("Relu", x), name="b")
    x = model.node("MatMul", model.node("Concat", a, b, axis=1), signs(8, 3))
    graph, network = read(tmp_path, model, x)
    with pytest.raises(UsageError, match=r"'fc' is read by 'a_scale' and 'Relu3': trace one of these"):
        trace(graph, network, "fc")
    assert all_of(graph, network, "a").channels[0].chain.last.type.bits == 4
    assert all_of(graph, network, "b").channels[0].chain.last.type.bipolar


def test_channels_that_are_joined(tmp_path: Path) -> None:
    model = File(6)
    x = model.quant("x", 0.5)
    a, b = (model.node("MatMul", x, signs(6, 4), name=n) for n in "ab")
    x = model.quant(norm(model, model.node("Concat", a, b, axis=1), 8), 0.5)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(8, 3)))
    assert [all_of(graph, network, name).channels[1].chain.channels[-1] for name in "ab"] == [1, 5]


def test_a_plain_sign(tmp_path: Path) -> None:
    model = File(5)
    x = model.node("Sign", model.node("MatMul", model.bipolar("x"), signs(5, 4), name="fc"))
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    all_of(graph, network, "fc")


def test_a_table_that_is_off_by_one_is_found(tmp_path: Path) -> None:
    model = File(16)
    x = model.quant(norm(model, model.node("MatMul", model.quant("x", 0.5), signs(16, 4), name="fc"), 4), 0.5)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    first: Any = network.layers[0].op
    wrong = replace(first.activation, thresholds=first.activation.thresholds + 1)
    layers = (NamedLayer("fc", replace(first, activation=wrong)), *network.layers[1:])
    found = trace(graph, replace(network, layers=layers), "fc", [0, 1, 3])
    assert all(channel.wrong for channel in found.channels)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("q", "'q' is in front of the first layer: the host computes it"),
        ("end", "the sums of 'end' meet no quantiser: they leave the network"),
        ("fcc", "no layer 'fcc' computes anything behind the input; did you mean fc?"),
    ],
)
def test_what_has_no_thresholds(tmp_path: Path, name: str, message: str) -> None:
    model = File(4)
    x = model.bipolar(model.node("MatMul", model.bipolar("x", name="q"), signs(4, 4), name="fc"))
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3), name="end"))
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        trace(graph, network, name)
    with pytest.raises(UsageError, match=r"'fc' has the channels 0 to 3, not 4"):
        trace(graph, network, "fc", [4])


def test_a_quantizer_behind_a_slice_has_a_table_of_its_own(tmp_path: Path) -> None:
    model = File(9)
    x = model.quant(model.node("MatMul", model.bipolar("x"), signs(9, 6), name="fc"), 0.5, name="first")
    x = model.node("Slice", x, np.array([1]), np.array([5]), np.array([1]))
    x = model.bipolar(model.node("Add", x, np.float32(0.25)), name="second")
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    found = trace(graph, network, "fc", [1, 2])
    assert found.channels[0].chain.nodes[-1].name == "first"
    assert not any(channel.wrong for channel in found.channels)
    with pytest.raises(UsageError, match=r"'second' compares the codes of 'first', not sums: trace 'first'"):
        trace(graph, network, "second")


def test_a_reader_that_a_slice_drops_is_none(tmp_path: Path) -> None:
    model = File(9)
    a, b = (model.node("MatMul", model.bipolar("x"), signs(9, 4), name=n) for n in "ab")
    joined = model.node("Concat", model.quant(a, 0.5, name="act"), model.node("Relu", b), axis=1)
    x = model.node("Slice", joined, np.array([0]), np.array([4]), np.array([1]))
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3)))
    assert all_of(graph, network, "a").channels[0].chain.nodes[-1].name == "act"


def test_a_rounding_is_a_quantizer(tmp_path: Path) -> None:
    """As DoReFa writes it."""
    model = File(9)
    x = norm(model, model.node("MatMul", model.bipolar("x"), signs(9, 4), name="fc"), 4)
    held = model.node("Mul", model.node("Clip", x, 0.0, 1.0), 3.0)
    x = model.node("Div", model.node("Round", held, name="round"), 3.0)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3), name="end"))
    assert all_of(graph, network, "fc").channels[0].chain.last.type == IntType(0, 3)


def test_a_clip_leaves_fewer_codes(tmp_path: Path) -> None:
    """As QCDQ files have it."""
    model = File(9)
    x = norm(model, model.node("MatMul", model.bipolar("x"), signs(9, 4), name="fc"), 4)
    ends = (np.array(0.25, np.float32), np.array(0, np.int8))
    codes = model.node("Clip", model.node("QuantizeLinear", x, *ends), np.int8(-8), np.int8(7))
    x = model.node("DequantizeLinear", codes, *ends)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(4, 3), name="end"))
    assert all_of(graph, network, "fc").channels[0].chain.last.type == IntType(-8, 7)


def test_channels_behind_a_slice_keep_their_numbers(tmp_path: Path) -> None:
    """The quantiser behind it has thresholds of its own, for the channels that are left."""
    model = File(6)
    x = model.node("MatMul", model.quant("x", 0.5), RANDOM.integers(-3, 4, (6, 4)) * np.array([1.0, 2, 3, 4]))
    x = model.node("Add", x, np.array([0.0, 2, -3, 5]), name="fc")
    x = model.node("Slice", x, np.array([1]), np.array([4]), np.array([1]))
    x = model.quant(x, 1.5, bits=8.0)
    graph, network = read(tmp_path, model, model.node("MatMul", x, signs(3, 2)))
    found = trace(graph, network, "fc", range(1, 4))
    assert [channel.channel for channel in found.channels] == [1, 2, 3]
    assert all(channel.checked > 4 and not channel.wrong for channel in found.channels)
    with pytest.raises(UsageError, match="channel 0 of 'MatMul1' has no row of thresholds of its own"):
        trace(graph, network, "fc", [0])
