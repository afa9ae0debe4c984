"""Model files whose input has no quantiser."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import bnngen
from bnngen.base.errors import ModelError
from bnngen.import_check.check import check_import
from bnngen.numbers.exact import exact_array
from bnngen.reference.network import Network
from tests.frontend.onnx_file import Change, File

WEIGHTS = np.array([[1.0, -1, 1], [1, 1, -1]])


def plain(*shape: int, before: Any = None) -> tuple[File, str]:
    """A dense layer, or a convolution without a quantiser in front of it."""
    model = File(*(shape or (2,)))
    x = before(model) if before else "x"
    if len(model.shape) == 1:
        return model, model.node("MatMul", x, WEIGHTS, name="fc")
    kernel = np.where(np.arange(2 * model.shape[0] * 4).reshape(2, model.shape[0], 2, 2) % 3, 1.0, -1.0)
    return model, model.node("Conv", x, kernel, name="conv")


def real(network: Network, x: np.ndarray) -> np.ndarray:
    """The real outputs, which agree with the network's own file."""
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0), found
    return network.host.real_outputs(bnngen.golden(network, x))


@pytest.mark.parametrize(
    "text", ["int8:1/16", "uint8:1/255", "uint4:0.003,-0.01", "bipolar:3", "bipolar:1/3,2", "ternary"]
)
def test_the_input_becomes_its_nearest_codes(tmp_path: Path, text: str) -> None:
    model, output = plain()
    network = bnngen.load(model.save(tmp_path / "m.onnx", output), input=text)
    x = np.random.default_rng(0).normal(0, 2, (50, 2))
    input_ = bnngen.frontend.input_type.parse_input_type(text)
    codes = input_.quantizer().quantize(x)
    assert network.quantizer.same_codes(input_.quantizer())
    assert network.quantizer.type == input_.type
    seen = codes * float(input_.scale[0]) + float(input_.offset[0])
    np.testing.assert_allclose(real(network, x), seen @ WEIGHTS, rtol=1e-13, atol=1e-13)


def test_its_file_needs_no_choice(tmp_path: Path) -> None:
    model, output = plain()
    network = bnngen.load(model.save(tmp_path / "m.onnx", output), input="uint8:1/255,-1/2")
    assert network.source is not None
    (tmp_path / "again.onnx").write_bytes(network.source.contents)
    again = bnngen.load(tmp_path / "again.onnx")
    assert again.quantizer.same_codes(network.quantizer)
    assert again.host.mul == network.host.mul == exact_array(Fraction(1, 255))
    assert (again.host.add == network.host.add).all()
    assert again.source is not None
    assert again.source.contents == network.source.contents


def test_one_scale_a_channel(tmp_path: Path) -> None:
    model, output = plain(2, 3, 3)
    path = model.save(tmp_path / "m.onnx", output)
    network = bnngen.load(path, input="int4:[1/4,1/2],[0,1]")
    x = np.random.default_rng(1).integers(-40, 40, (20, 2, 3, 3)) / 8
    scale, offset = (np.array(v)[:, None, None] for v in ([0.25, 0.5], [0.0, 1]))
    seen = np.clip(np.round((x - offset) / scale), -8, 7) * scale + offset
    kernel = onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0])
    windows = np.lib.stride_tricks.sliding_window_view(seen, (2, 2), axis=(2, 3))
    np.testing.assert_allclose(real(network, x), np.einsum("ncyxij,kcij->nkyx", windows, kernel))
    with pytest.raises(
        ModelError, match=r"'x': has 2 channels, and --input numbers for 3: one, or one for each"
    ):
        bnngen.load(path, input="int4:[1,2,3]")


def annotation(words: str) -> Change:
    def change(model: onnx.ModelProto) -> None:
        entry = model.graph.quantization_annotation.add(tensor_name="x")
        entry.quant_parameter_tensor_names.add(key="finn_datatype", value=words)

    return change


def elements(type_: int) -> Change:
    def change(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.elem_type = type_

    return change


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        (annotation("INT4"), "int4 -8..7"),
        (annotation("BIPOLAR"), "bipolar"),
        (elements(TensorProto.UINT8), "uint8 0..255"),
        (elements(TensorProto.INT8), "int8 -128..127"),
    ],
)
def test_the_file_may_say_it(tmp_path: Path, change: Change, type_: str) -> None:
    model, output = plain()
    network = bnngen.load(model.save(tmp_path / "m.onnx", output, change=change))
    assert str(network.quantizer.type) == type_
    x = np.array([[3.0, -1], [1, 200], [0.6, -0.4]])
    np.testing.assert_array_equal(real(network, x), network.quantizer.quantize(x) @ WEIGHTS)


def test_where_the_file_leaves_it_open(tmp_path: Path) -> None:
    model, output = plain()
    with pytest.raises(
        ModelError, match=r"'fc': takes real numbers from the network's input; .* --input uint8:1/255"
    ):
        bnngen.load(model.save(tmp_path / "m.onnx", output))
    path = model.save(tmp_path / "m.onnx", output, change=annotation("SCALEDINT<8>"))
    with pytest.raises(ModelError, match=r"'x': is annotated as SCALEDINT<8>, which does not say"):
        bnngen.load(path)
    assert str(bnngen.load(path, input="int8:1/3").quantizer.type) == "int8 -128..127"


def test_the_file_and_the_option_must_agree(tmp_path: Path) -> None:
    model, output = plain()
    path = model.save(tmp_path / "m.onnx", output, change=annotation("UINT8"))
    with pytest.raises(
        ModelError, match=r"'x': is annotated as UINT8, and --input says uint8:1/255: one of the two"
    ):
        bnngen.load(path, input="uint8:1/255")
    assert str(bnngen.load(path, input="uint8").quantizer.type) == "uint8 0..255"


@pytest.mark.parametrize(
    ("before", "same", "other"),
    [
        (lambda m: m.quant("x", 0.25, name="act"), "int4:1/4", "int4:1/8"),
        (lambda m: m.bipolar(m.node("Sub", "x", 0.5), name="act"), "bipolar:7,1/2", "bipolar"),
        (lambda m: m.quant("x", 2.0, 1.0, signed=0, name="act"), "uint1:2", "binary"),
        (lambda m: m.node("MultiThreshold", "x", np.array([[0.5, 1.5]]), name="act"), None, "ternary"),
    ],
)
def test_a_quantiser_in_the_file(tmp_path: Path, before: Any, same: str | None, other: str) -> None:
    """It may be named again, but not be another one; what the file is annotated with is then the host's."""
    model, output = plain(before=before)
    path = model.save(tmp_path / "m.onnx", output)
    network = bnngen.load(path)
    if same:
        again = bnngen.load(path, input=same)
        assert again.quantizer.same_codes(network.quantizer)
    with pytest.raises(
        ModelError, match=rf"'act': quantises the input already, to .*, and --input says {other}: leave"
    ):
        bnngen.load(path, input=other)
    annotated = bnngen.load(model.save(tmp_path / "a.onnx", output, change=annotation("INT32")))
    assert annotated.quantizer.same_codes(network.quantizer)
    assert annotated.source is not None
    assert annotated.source.contents == (tmp_path / "a.onnx").read_bytes()


def test_several_quantisers_behind_one_input(tmp_path: Path) -> None:
    """Each reads the input's codes then."""
    model = File(2)
    sides = [model.node("MatMul", model.quant("x", s, name=f"q{s}"), WEIGHTS) for s in (0.5, 0.75)]
    path = model.save(tmp_path / "m.onnx", model.node("Add", *sides))
    with pytest.raises(ModelError, match=r"'x': is read by .*; one of them must quantise it for the others"):
        bnngen.load(path)
    network = bnngen.load(path, input="int8:1/16")
    x = np.random.default_rng(0).integers(-60, 60, (40, 2)) / 16
    wanted = sum(np.clip(np.round(x / s), -8, 7) * s @ WEIGHTS for s in (0.5, 0.75))
    np.testing.assert_array_equal(real(network, x), wanted)
