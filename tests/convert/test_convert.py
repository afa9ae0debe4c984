"""From a model with open questions to a file without any."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import bnngen
from bnngen.base.errors import ModelError
from bnngen.convert import convert as module
from bnngen.convert.convert import convert
from bnngen.convert.same import difference
from bnngen.frontend.choices import ImportChoices
from bnngen.import_check.check import check_import
from tests.frontend.onnx_file import File


def open_model() -> tuple[File, str, str]:
    """No quantiser at the input, a Sign that meets 0, and two outputs."""
    model = File(4)
    weights = np.array([[1.0, -1, 1], [1, 1, -1], [-1, -1, -1], [1, -1, -1]])
    hidden = model.node("Sign", model.node("MatMul", "x", weights, name="fc1"), name="act")
    scores = model.node("MatMul", hidden, np.array([[1.0, -1], [1, 1], [0, 1]]), name="fc2")
    shown = model.node("Mul", scores, np.array([0.3, 0.1]), name="scale")
    return model, shown, model.node("Softmax", scores, name="probabilities")


CHOICES = ImportChoices.of("int4:1/2", "zero", "scale")


def clean(path: Path, out: Path) -> bnngen.reference.network.Network:
    converted = convert(path, CHOICES)
    out.write_bytes(converted.contents)
    again = bnngen.load(out)
    assert difference(again, converted.network) is None
    return again


def test_the_clean_file_is_the_same_network(tmp_path: Path) -> None:
    model, shown, other = open_model()
    props = {"bnngen.classes": '["a", "b"]'}
    path = model.save(tmp_path / "m.onnx", shown, other, change=lambda m: helper.set_model_props(m, props))
    wanted = bnngen.load(path, input="int4:1/2", sign_of_zero="zero", cut_at="scale")
    network = clean(path, tmp_path / "clean.onnx")
    assert difference(wanted, network) is None
    x = np.random.default_rng(0).integers(-9, 9, (60, 4)) / 4
    assert (network.run(network.quantizer.quantize(x)) == bnngen.golden(wanted, x)).all()
    assert [layer.name for layer in network.layers] == ["fc1", "fc2"]
    found = check_import(network, x)
    assert (found.differing, found.undecided) == (0, 0), found
    made = onnx.load(tmp_path / "clean.onnx")
    onnx.checker.check_model(made)
    assert made.graph.input[0].name == "x"
    assert made.graph.output[0].name == shown
    said = {entry.key: entry.value for entry in made.metadata_props}
    assert said["bnngen.classes"] == '["a", "b"]'
    choices = {"input": "int4:1/2", "sign_of_zero": "zero", "cut_at": "scale"}
    assert json.loads(said["bnngen.converted"]) == {"source": "m.onnx", **choices}


def test_it_is_written_the_same_again(tmp_path: Path) -> None:
    model, shown, other = open_model()
    path = model.save(tmp_path / "m.onnx", shown, other)
    assert convert(path, CHOICES).contents == convert(path, CHOICES).contents
    (tmp_path / "clean.onnx").write_bytes(convert(path, CHOICES).contents)
    network = convert(tmp_path / "clean.onnx").network
    assert difference(network, bnngen.load(tmp_path / "clean.onnx")) is None


def test_what_was_read_is_recorded(tmp_path: Path) -> None:
    model, shown, other = open_model()
    record = convert(model.save(tmp_path / "m.onnx", shown, other), CHOICES).record
    assert record.to_dict() == {
        "source": "m.onnx",
        "input": "int4 -8..7, rounding half_even",
        "output": "int3 -3..3",
        "choices": {"input": "int4:1/2", "sign_of_zero": "zero", "cut_at": "scale"},
        "layers": [
            {
                "name": "fc1",
                "read": "MatMul",
                "weights": "±1",
                "source": "",
                "output_shape": [3],
                "output_type": "int2 -1..1",
            },
            {
                "name": "fc2",
                "read": "MatMul",
                "weights": "0 and ±1",
                "source": "",
                "output_shape": [2],
                "output_type": "int3 -3..3",
            },
        ],
    }


def test_a_file_that_were_read_otherwise_is_not_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, shown, other = open_model()
    path = model.save(tmp_path / "m.onnx", shown, other)
    monkeypatch.setattr(module, "difference", lambda a, b: ("fc1", "weights"))
    with pytest.raises(
        ModelError, match=r"'fc1': is read otherwise from the clean file: weights differs; please"
    ):
        convert(path, CHOICES)
