"""``bnngen convert``: choices, what is written and said, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import onnx
from support.command_line import Cli

from tests.frontend.onnx_file import File


def open_file(folder: Path) -> Path:
    """A network without a quantiser at its input, with a Sign that meets 0."""
    model = File(4)
    weights = model.node("Sign", np.array([[0.5, -0.1], [1, 1], [-1, -1], [1, -1]]), name="w")
    hidden = model.node("Sign", model.node("MatMul", "x", weights, name="fc1"), name="act")
    return model.save(
        folder / "open.onnx", model.node("MatMul", hidden, np.array([[1.0, -1], [1, 1]]), name="fc2")
    )


GOOD = ("--input", "int4:1/2", "--sign-of-zero", "plus")


def test_what_it_writes_needs_no_options(cli: Cli, tmp_path: Path) -> None:
    source, out = open_file(tmp_path), tmp_path / "clean.onnx"
    status, output, errors = cli("convert", source, "--out", out, *GOOD)
    assert (status, errors) == (0, "")
    assert "input: int4 -8..7, rounding half_even" in output
    assert "fc1" in output
    assert "±1" in output
    assert "Sign" in output
    assert "--input int4:1/2" in output
    assert "--sign-of-zero plus" in output
    data = tmp_path / "d.npz"
    np.savez(data, x=np.random.default_rng(0).integers(-4, 5, (30, 4)) / 2)
    status, output, _ = cli("golden", out, data, "--check-import")
    assert status == 0
    assert "no difference" in output
    assert cli("inspect", out)[0] == 0
    before = out.read_bytes()
    assert cli("convert", source, "--out", out, *GOOD)[0] == 0
    assert out.read_bytes() == before
    assert os.listdir(tmp_path)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".bnngen")]


def test_its_json(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "clean.onnx"
    status, output, _ = cli("convert", open_file(tmp_path), "--out", out, *GOOD, "--json", "-")
    assert status == 0
    found = json.loads(output)
    assert found["choices"] == {"input": "int4:1/2", "sign_of_zero": "plus"}
    assert [layer["name"] for layer in found["layers"]] == ["fc1", "fc2"]
    assert found["layers"][0]["source"] == "Sign"


def test_other_commands_say_what_to_do(cli: Cli, tmp_path: Path) -> None:
    source = open_file(tmp_path)
    advice = "bnngen convert MODEL --input uint8:1/255 --out CLEAN.onnx"
    status, output, _ = cli("inspect", source)
    assert (status, advice in " ".join(output.split())) == (2, True)
    status, _, errors = cli("build", source, "--board", "icebreaker", "--out", tmp_path / "out")
    assert (status, advice in errors) == (2, True)
    status, _, errors = cli("convert", source, "--out", tmp_path / "c.onnx", "--input", "int4")
    assert status == 2
    assert "--sign-of-zero plus" in errors
    assert not (tmp_path / "c.onnx").exists()


def test_what_can_not_be_chosen(cli: Cli, tmp_path: Path) -> None:
    source, out = open_file(tmp_path), tmp_path / "c.onnx"
    for options, message in (
        (("--input", "float"), "'float' is no type of the input"),
        (("--sign-of-zero", "both"), "the sign of zero is plus, minus, zero, not 'both'"),
        (("--cut-at", "fc9"), "no node and no tensor 'fc9'"),
    ):
        status, _, errors = cli("convert", source, "--out", out, *options)
        assert status == 2
        assert message in errors
        assert not out.exists()


def test_the_source_is_kept(cli: Cli, tmp_path: Path) -> None:
    source = open_file(tmp_path)
    before = source.read_bytes()
    status, _, errors = cli("convert", source, "--out", source, *GOOD)
    assert status == 2
    assert "--out" in errors
    assert "would overwrite what the command reads" in errors
    assert source.read_bytes() == before
    model = onnx.load(source)
    beside = tmp_path / "w.data"
    onnx.save(model, tmp_path / "split.onnx", save_as_external_data=True, location="w.data", size_threshold=0)
    before = beside.read_bytes()
    status, _, errors = cli("convert", tmp_path / "split.onnx", "--out", beside, *GOOD)
    assert status == 2
    assert "would overwrite what the command reads" in errors
    assert beside.read_bytes() == before
    assert cli("convert", tmp_path / "split.onnx", "--out", tmp_path / "whole.onnx", *GOOD)[0] == 0


def test_a_build_keeps_a_whole_file(cli: Cli, tmp_path: Path) -> None:
    """Of a model whose weights lie beside it; the sum in the report covers all of it."""
    import hashlib

    source, out = open_file(tmp_path), tmp_path / "clean.onnx"
    assert cli("convert", source, "--out", out, *GOOD)[0] == 0
    split = tmp_path / "split" / "m.onnx"
    split.parent.mkdir()
    onnx.save(onnx.load(out), split, save_as_external_data=True, location="w.data", size_threshold=0)
    built = tmp_path / "built"
    status, _, errors = cli("build", split, "--board", "icebreaker", "--until", "verilog", "--out", built)
    assert status == 0, errors
    kept = built / "model.onnx"
    report = json.loads((built / "report.json").read_text())
    assert report["model"]["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert not any(
        tensor.external_data for tensor in onnx.load(kept, load_external_data=False).graph.initializer
    )
    assert cli("inspect", kept)[0] == 0
