"""``bnngen inspect``: of a file that is refused, all that is in the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.command_line import Cli
from support.named_model import named_model

from tests.frontend.onnx_file import File


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    model = File(4)
    x = model.node("Gelu", model.bipolar("x", name="q"), name="first")
    x = model.node("Mystery", x, name="odd", domain="other")
    x = model.node("Relu", x, name="behind")
    return model.save(tmp_path / "model.onnx", model.node("Gelu", x, name="last"))


def test_all_at_once(cli: Cli, faulty: Path) -> None:
    status, out, err = cli("inspect", faulty)
    assert status == 2
    assert err == f"error: '{faulty}' can't be used: 3 things are in the way\n"
    marks = {line.split()[0]: line.split()[-1] for line in out.splitlines() if line.strip()}
    assert [marks[name] for name in ("q", "first", "odd", "behind", "last")] == ["1x4", "✗", "✗", "·", "✗"]
    assert "✗ 'first', 'last': the operator Gelu is not supported: it rises and falls" in out
    assert out.count("→ use ReLU, Hardtanh, ReLU6 or LeakyReLU in its place") == 1


def test_the_same_as_json(cli: Cli, faulty: Path, tmp_path: Path) -> None:
    status, out, _ = cli("inspect", faulty, "--json", "-")
    assert status == 2
    found = json.loads(out)
    assert [(p["layer"], p["operator"]) for p in found["problems"]] == [
        ("first", "Gelu"),
        ("odd", "Mystery"),
        ("last", "Gelu"),
    ]
    assert all(p["reason"] and p["remedy"] for p in found["problems"])
    assert found["layers"][3] == {"name": "behind", "operator": "Relu", "shape": None, "state": "not reached"}
    assert cli("inspect", faulty, "--json", tmp_path / "f.json")[0] == 2
    assert json.loads((tmp_path / "f.json").read_text()) == found


def test_the_names_that_a_file_carries(cli: Cli, tmp_path: Path) -> None:
    path = named_model(tmp_path / "m.onnx")
    status, out, _ = cli("inspect", path)
    assert (status, out.splitlines()[-2:]) == (
        0,
        ["classes, from 0 on: ok, worn, broken", "raw columns: left, right"],
    )
    status, out, _ = cli("inspect", path, "--json", "-")
    assert json.loads(out)["classes"] == ["ok", "worn", "broken"]
    status, _, err = cli("inspect", named_model(path, {"bnngen.classes": '["ok"]'}))
    assert status == 2
    assert "bnngen.classes: 1 names for 3 classes" in err


def test_other_commands_stop_at_the_first(cli: Cli, faulty: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.ones((1, 4)))
    status, out, err = cli("golden", faulty, tmp_path / "d.npz")
    assert (status, out) == (2, "")
    assert err.startswith("error: layer 'first': the operator Gelu is not supported")
    assert err.endswith(f" (bnngen inspect {faulty} shows all 3 reasons)\n")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", ["[red]a[/red]", "a\x1b]0;owned\x07", "two\nlines"])
def test_names_are_shown_as_text(cli: Cli, tmp_path: Path, name: str) -> None:
    model = File(4)
    x = model.node(name, model.bipolar("x"), name=name, domain=name)
    status, out, err = cli("inspect", model.save(tmp_path / "model.onnx", x))
    assert status == 2
    assert all(line.isprintable() for line in (out + err).split("\n"))


def test_a_file_that_is_none(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"\x89HDF\r\n\x1a\n")
    status, out, err = cli("inspect", tmp_path / "m.onnx")
    assert (status, out) == (2, "")
    assert "an HDF5 file" in err


@pytest.fixture
def traced(tmp_path: Path) -> Path:
    model, random = File(6), np.random.default_rng(0)
    x = model.node("MatMul", model.quant("x", 0.5), random.choice([-1.0, 1.0], (6, 4)), name="fc")
    x = model.node("Mul", x, np.array([0.5, -0.5, 1, 2], np.float32), name="scale")
    x = model.quant(x, 0.25, name="act")
    return model.save(tmp_path / "model.onnx", model.node("MatMul", x, np.ones((4, 2)), name="end"))


def test_a_trace(cli: Cli, traced: Path, tmp_path: Path) -> None:
    status, out, err = cli("inspect", traced, "--trace", "fc", "--channel", 1, "--json", tmp_path / "t.json")
    assert (status, err) == (0, "")
    assert "Quant(scale=0.25, zero point=0, bits=4)" in out
    assert "the weights have changed their sign" in out
    assert "sums through the operators of the file, all as the table has it" in out
    found = json.loads((tmp_path / "t.json").read_text())
    (channel,) = found["channels"]
    assert (channel["channel"], channel["negated"], channel["wrong"]) == (1, True, 0)
    # -0.5 * 0.5 * sum / 0.25 = -sum, and the weights' sign makes +sum of it: halfway between the integers
    assert [level["sums"]["exact"] for level in channel["levels"][:2]] == ["-15/2", "-13/2"]
    assert [operator["layer"] for operator in channel["operators"]] == ["scale", "act", "act"]


def test_a_trace_as_json_alone(cli: Cli, traced: Path) -> None:
    status, out, _ = cli("inspect", traced, "--trace", "act", "--json", "-")
    assert (status, len(json.loads(out)["channels"])) == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--channel", "1"], "--channel goes with --trace LAYER"),
        (["--trace", "end"], "the sums of 'end' meet no quantiser: they leave the network"),
        (["--trace", "fc", "--channel", "9"], "'fc' has the channels 0 to 3, not 9"),
    ],
)
def test_a_trace_of_nothing(cli: Cli, traced: Path, arguments: list[str], message: str) -> None:
    status, out, err = cli("inspect", traced, *arguments)
    assert (status, out) == (2, "")
    assert message in err
