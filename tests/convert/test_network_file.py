"""Networks as files: what is read of them is the same network."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from inspect import isabstract
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from support.onnx_files import signs
from support.random_graphs import networks

import bnngen
from bnngen.convert.network_file import CONVERTED, metadata_of, network_file
from bnngen.convert.same import difference
from bnngen.convert.writer import written_kinds
from bnngen.frontend.model_file import WholeModel
from bnngen.import_check.check import check_import
from bnngen.ir.graph import Graph
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import ROUNDING_MODES
from bnngen.ops.dense import Dense
from bnngen.ops.layer import Plain
from bnngen.ops.lowering import _rules
from bnngen.passes.from_file import network_of
from bnngen.passes.lower import lower
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.names import NO_NAMES, Names
from bnngen.reference.network import Host, NamedLayer, Network
from tests.frontend.onnx_file import File


def written(network: Network) -> Network:
    """The network, written and read again."""
    model = network_file(network, "network", "x", "y", {})
    onnx.checker.check_model(model)
    return network_of(WholeModel(model, model.SerializeToString()), "m.onnx")


def test_every_kind_of_layer_can_be_written() -> None:
    _rules()  # imports all of them
    kinds, wanted = set[type](), list(Plain.__subclasses__())
    while wanted:
        kind = wanted.pop()
        wanted += kind.__subclasses__()
        if kind.__module__.startswith("bnngen.ops.") and "__dataclass_fields__" in kind.__dict__:
            kinds.add(kind)
    assert kinds == set(written_kinds())
    assert not any(isabstract(kind) for kind in kinds)


@settings(max_examples=120)
@given(networks())
def test_a_network_is_read_as_it_was_written(graph: Graph) -> None:
    network = lower(graph)
    ends = zip(np.resize(network.host.mul, 9), np.resize(network.host.add, 9), strict=True)
    # 0 and 1 less a half are read as signs in halves, in any file: no network that was read has them
    assume(network.output_type != IntType(0, 1) or not any(mul == -add * 2 for mul, add in ends))
    again = written(network)
    assert difference(network, again) is None
    x = np.random.default_rng(0).integers(-40, 40, (8, *network.model_shape)) / 8
    y = bnngen.golden(network, x)
    np.testing.assert_array_equal(bnngen.golden(again, x), y)
    np.testing.assert_array_equal(again.host.real_outputs(y), network.host.real_outputs(y))
    found = check_import(again, x)
    assert (found.differing, found.undecided) == (0, 0), found


VIEWED: dict[str, tuple[tuple[int, ...], str, tuple[Any, ...], dict[str, Any]]] = {
    "side by side": ((3, 3, 3), "ConvTranspose", (signs(3, 2, 1, 2),), {"strides": [1, 2]}),
    "a sequence": ((3, 4), "ConvTranspose", (signs(3, 2, 2),), {"strides": [2]}),
    "down to one column": ((3, 4, 2), "SpaceToDepth", (), {"blocksize": 2}),
    "down to one position": ((3, 2, 2), "SpaceToDepth", (), {"blocksize": 2}),
}
"""A map's shape, and what makes frames of another one of it whose elements stream in the same order."""


@pytest.mark.parametrize("name", VIEWED)
def test_a_view_of_the_stream_is_one_again(tmp_path: Path, name: str) -> None:
    """In the file, whose channels are slowest, its elements change their places."""
    shape, op, weights, attributes = VIEWED[name]
    ones = (1,) * (len(shape) - 1)
    model = File(*shape)
    x = model.quant("x", 0.5, bits=3.0)
    if op == "SpaceToDepth":
        x = model.quant(model.node("Conv", x, signs(2, 3, *ones)), 1.0, bits=3.0)
    y = model.quant(model.node(op, x, *weights, **attributes), 1.0, bits=3.0)
    channels = 8 if op == "SpaceToDepth" else 2
    y = model.node("Conv", y, signs(3, channels, *ones))
    network = bnngen.load(model.save(tmp_path / "m.onnx", y))
    assert any(layer.views for layer in network.layers)
    again = written(network)
    assert difference(network, again) is None
    assert [layer.views for layer in again.layers] == [layer.views for layer in network.layers]


def test_scales_on_both_sides_of_a_move_at_the_end(tmp_path: Path) -> None:
    model = File(3, 2, 3)
    y = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(8, 3, 1, 1), np.arange(8) / 8)
    y = model.node("Mul", model.node("DepthToSpace", y, blocksize=2), np.array([[[0.5]], [[-0.3]]]))
    network = bnngen.load(model.save(tmp_path / "m.onnx", y))
    assert difference(network, written(network)) is None


WEIGHTS = np.array([[1, -1, 3], [0, 2, -4]])


def quantized(
    rounding: str, type_: IntType, mul: object = Fraction(3, 7), add: object = Fraction(1, 5)
) -> Network:
    quantizer = Quantizer(exact_array(mul), exact_array(add), rounding, type_)
    layer = NamedLayer("fc", Dense(WEIGHTS, type_))
    return replace(_dense(), quantizer=quantizer, layers=(layer,))


def _dense() -> Network:
    quantizer = Quantizer(exact_array(1), exact_array(0), "half_even", IntType(0, 3))
    host = Host(exact_array([Fraction(1, 3), Fraction(2, 3)]), exact_array(Fraction(1, 7)))
    return Network((3,), quantizer, (NamedLayer("fc", Dense(WEIGHTS, IntType(0, 3))),), host)


TYPES = [
    IntType(0, 255),
    IntType(-128, 127),
    IntType(0, 5),
    IntType(-3, 1),
    IntType(2, 3),
    IntType(0, 1),
    IntType(-1, 1),
]


@pytest.mark.parametrize("rounding", [mode for mode in ROUNDING_MODES if mode != "sign"])
@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_every_rounding_at_the_input(rounding: str, type_: IntType) -> None:
    """Where one threshold alone can't tell two roundings apart, one of them is read."""
    network = quantized(rounding, type_)
    again = written(network)
    assert again.quantizer.same_codes(network.quantizer)
    assert difference(replace(network, quantizer=again.quantizer), again) is None


def test_one_quantiser_for_each_channel() -> None:
    network = quantized("half_even", IntType(-8, 7), [1, Fraction(1, 3), -2], [0, Fraction(1, 3), 5])
    assert difference(network, written(network)) is None


@pytest.mark.parametrize(
    "mul",
    [
        Exact.of(2).sqrt(),
        Exact.of(Fraction(1, 3)).sqrt() / 7 + Exact.of(5).sqrt(),
        Exact.of(Fraction(1, 1 << 300)),
    ],
)
def test_real_outputs_stay_exact(mul: Exact) -> None:
    """Irrational ones too."""
    network = replace(_dense(), host=Host(exact_array([mul, mul * 3]), exact_array([mul - 1, Exact()])))
    again = written(network)
    assert difference(network, again) is None
    assert (again.host.mul == network.host.mul).all()


def test_what_differs_is_named() -> None:
    network = _dense()
    (layer,) = network.layers
    turned = Dense(-WEIGHTS, IntType(0, 3))
    for changed, what in (
        (replace(network, layers=(layer, layer)), "the number of layers, 1 and 2"),
        (replace(network, layers=(replace(layer, name="other"),)), "the name, which becomes 'other'"),
        (replace(network, layers=(replace(layer, op=turned),)), "weights"),
        (replace(network, layers=(replace(layer, inputs=(3,)),)), "what it reads"),
        (replace(network, host=Host(exact_array(1), exact_array(0))), "the host"),
        (quantized("floor", IntType(0, 3)), "the quantizer"),
        (replace(network, file_shape=(1, 3)), "the shape of the input"),
    ):
        assert difference(network, changed) == ("fc", what)


def test_metadata_come_along() -> None:
    model = onnx.ModelProto()
    said = {"bnngen.classes": '["a"]', "bnngen.sign_of_zero": "plus", "author": "somebody"}
    onnx.helper.set_model_props(model, said)
    made = '{"source": "m.onnx", "sign_of_zero": "plus"}'
    named = replace(quantized("floor", IntType(0, 3)), names=Names(("a", "b")))
    for network, classes in ((named, {"bnngen.classes": '["a", "b"]'}), (replace(named, names=NO_NAMES), {})):
        found = metadata_of(model, network, "m.onnx", {"sign_of_zero": "plus"})
        assert found == {"author": "somebody", **classes, CONVERTED: made}


def test_real_networks(shared: Path) -> None:
    for name in ("tfc_2w2a_mnist", "tfc_w1a1_finn_dialect", "cnv_w1a1_cifar10"):
        network = bnngen.load(shared / "models" / f"{name}.onnx")
        assert difference(network, written(network)) is None
