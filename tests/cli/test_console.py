"""Names from files, and what the user types, are shown as text: on the screen, in pages, in no Verilog."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.command_line import Cli

from bnngen.base.text import shown

NAMES = (
    "fc[/]",
    "[red]fc[/red]",
    "a\x1b]0;owned\x07\x1b[2Jz",
    "two\nlines\r\x08",
    "\u202egnirts\u2069",
    "<script>alert(1)</script>\"'&amp;",
    '*/ endmodule `include "x" \\ ; $(x) %m',
    "{{ 7 * 7 }} {% x %} :smile:",
)


def save(path: Path, name: str, op: str = "BipolarQuant") -> Path:
    """Two layers of the same ``name``; ``op`` is the first one's operator."""
    weights = np.random.default_rng(0).choice([-1.0, 1.0], (16, 4)).astype(np.float32)
    tensors = [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(np.float32(1), "one")]
    quantize = helper.make_node(op, ["x", "one"], [name], name=name, domain="qonnx.custom_op.general")
    nodes = [quantize, helper.make_node("MatMul", [name, "w"], ["y"], name=name)]
    ends = [
        [helper.make_tensor_value_info(end, TensorProto.FLOAT, shape)]
        for end, shape in (("x", (1, 16)), ("y", (1, 4)))
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "tiny", *ends, tensors)), path)
    return path


def plain(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.fixture(scope="session")
def plain_verilog(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """That of the network with an ordinary name."""
    from bnngen import compile, load

    folder = tmp_path_factory.mktemp("plain")
    design = compile(load(save(folder / "m.onnx", "fc")), "icebreaker", 1000)
    return design.write_verilog(folder).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_s_name(cli: Cli, tmp_path: Path, plain_verilog: bytes, name: str) -> None:
    model, out = save(tmp_path / "m.onnx", name), tmp_path / "out"
    status, printed, errors = cli("inspect", model)
    assert (status, plain(printed), errors) == (0, True, "")
    assert shown(name)[:10].replace(" ", "") in printed.replace("\n", "").replace(" ", "")
    options = ("--board", "icebreaker", "--fps", 1000, "--until", "verilog", "--out", out)
    status, printed, errors = cli("build", model, *options)
    assert (status, plain(printed), "\x1b" in errors) == (0, True, False)
    assert (out / "rtl" / "bnn_accelerator.v").read_bytes() == plain_verilog
    assert json.loads((out / "report.json").read_text())["layers"][0]["name"].startswith(name)
    page = (out / "report.html").read_text()
    assert plain(page)
    assert "<script" not in page


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_an_error(cli: Cli, tmp_path: Path, name: str) -> None:
    model = save(tmp_path / "m.onnx", name, op="Nonsense")
    np.savez(tmp_path / "d.npz", x=np.ones((1, 16)))
    status, printed, errors = cli("golden", model, tmp_path / "d.npz")
    assert (status, printed) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith(f"error: layer '{shown(name)}': ")
    assert plain(line)


def test_the_bytes_that_reach_the_terminal(tmp_path: Path) -> None:
    model = save(tmp_path / "m.onnx", NAMES[2])
    command = [sys.executable, "-c", "from bnngen.cli import main; main()", "inspect", str(model)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    assert b"\\x1b]0;owned\\x07\\x1b" in output
    assert not {*range(32), 127} - {ord("\n")} & set(output)


@pytest.mark.parametrize(
    ("text", "message"), [("a\x1b[31m", r"a\x1b[31m"), ("a\nb", r"a\nb"), ("a\udcff", r"a\udcff")]
)
@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "{}.onnx"),
        ("build", "m.onnx", "--board", "icebreaker", "--out", "{}"),
        ("boards", "{}.toml"),
    ],
)
def test_an_argument_that_can_not_be_shown(
    cli: Cli, tmp_path: Path, text: str, message: str, arguments: tuple[str, ...]
) -> None:
    status, printed, errors = cli(*(argument.format(text) for argument in arguments))
    assert (status, printed) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith(f"error: '{message}")
    assert line.endswith(" holds a control character, or is not UTF-8: name something else")


def test_a_path_in_a_recipe(cli: Cli, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        '[data]\nname = "npz"\npath = "a\\u001b"\n[model]\narchitecture = "mlp"\n[train]\nepochs = 1\n'
    )
    status, _, errors = cli("train", recipe, "--out", tmp_path / "out")
    assert (status, plain(errors)) == (2, True)
    assert errors.endswith("r.toml:3: data.path: found 'a\\x1b'; accepted: text without control characters\n")


@pytest.mark.parametrize("name", ["[/red].onnx", "[bold]x", "a:smile:.onnx"])
def test_a_path_with_markup(cli: Cli, name: str) -> None:
    status, _, errors = cli("inspect", name)
    assert (status, errors) == (2, f"error: can't read the model '{name}': No such file or directory\n")


def test_a_board_s_title(cli: Cli, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"
    text = source.read_text().replace('title = "', 'title = "[/] [red] \\u202e ')
    (tmp_path / "b.toml").write_text(text)
    status, printed, _ = cli("boards", tmp_path / "b.toml")
    assert (status, plain(printed)) == (0, True)
    assert r"[/] [red] \u202e" in printed


def test_the_wrong_outputs_are_marked(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """What has a colour is no markup in a text."""
    from bnngen.cli.console import console, marked
    from bnngen.cli.summary import _simulation
    from bnngen.reports.records import SimulationRecord

    figures = SimulationRecord(frames=5, mismatches=2, accuracy=0.5, as_predicted=False)
    console.print(_simulation(figures))
    console.print(marked("warning:", "[x]\x1b", "yellow"))
    assert capsys.readouterr().out == (
        "5 frames, 2 MISMATCHES, 50.00 % correct; TIMING NOT AS PREDICTED\nwarning: [x]\\x1b\n"
    )
