"""``bnngen run``: rows in, names and scores out, from a virtual board and over a port."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import Cli
from support.named_model import named_model

import bnngen
from bnngen.host.board import board_of

ROWS = "left,right,state\n0.1,0.9,ok\n0.9,0.9,worn\n0.9,0.1,broken\n0.1,0.1,ok\n"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("named")
    network = bnngen.load(named_model(folder / "named.onnx"))
    bnngen.compile(network, board="icebreaker").build(folder / "out", until="verilog")
    (folder / "rows.csv").write_text(ROWS)
    return folder


def test_names_scores_and_figures(cli: Cli, named: Path, tmp_path: Path) -> None:
    out = tmp_path / "y.csv"
    status, printed, said = cli("run", named / "out", named / "rows.csv", "--virtual", "--out", out)
    assert (status, printed) == (0, "ok\nok\nbroken\nworn\n")
    assert "4 answers in" in said
    assert "0 differ from the golden model; 2 correct (50.00 %)" in said
    assert out.read_text().splitlines()[:2] == ["class,score_ok,score_worn,score_broken", "ok,2.0,0.0,0.0"]
    status, printed, _ = cli(
        "run", named / "out", named / "rows.csv", "--virtual", "--frames", 3, "--json", "-"
    )
    figures = json.loads(printed)
    assert status == 0
    assert (figures["frames"], figures["differing"], figures["correct"], figures["repeated"]) == (3, 0, 2, 0)


def test_over_a_port(cli: Cli, named: Path) -> None:
    with board_of(named / "out" / "rtl") as board:
        port = f"socket://127.0.0.1:{board.port}"
        assert cli("run", named / "out", named / "rows.csv", "--port", port)[:2] == (
            0,
            "ok\nok\nbroken\nworn\n",
        )
    status, _, said = cli("run", named / "out", named / "rows.csv", "--port", port)
    assert status == 2
    assert f"error: port '{port}' can't be opened: " in said


def test_another_design_on_the_board(cli: Cli, named: Path, tmp_path: Path) -> None:
    """Of the same sizes; the command gives up, and takes none of its answers."""
    network = bnngen.load(named_model(tmp_path / "n.onnx"))
    bnngen.compile(network, board="icebreaker", fps=10_000).build(tmp_path / "other", until="verilog")
    with board_of(tmp_path / "other" / "rtl") as board:
        port = f"socket://127.0.0.1:{board.port}"
        status, printed, said = cli(
            "run", named / "out", named / "rows.csv", "--port", port, "--timeout", "0.05"
        )
    assert (status, printed) == (1, "")
    assert "though bytes come: does the board hold another design" in said.replace("\n", " ")


def test_an_answer_that_differs_is_said(cli: Cli, named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a fault in the hardware: the check fits, and the integers are others."""
    from bnngen.reference.network import Network

    real = Network.run
    monkeypatch.setattr(Network, "run", lambda self, *rest, **more: real(self, *rest, **more) + 2)
    status, _, said = cli("run", named / "out", named / "rows.csv", "--virtual")
    assert status == 1
    assert "the answer is no: 4 answers differ from the golden model" in said


@pytest.mark.parametrize("options", [[], ["--virtual", "--port", "COM4"]])
def test_a_port_or_none(cli: Cli, named: Path, options: list[str]) -> None:
    status, _, said = cli("run", named / "out", named / "rows.csv", *options)
    assert status == 2
    assert "one of the two" in said


def test_the_first_protocol_is_an_option(cli: Cli, named: Path, tmp_path: Path) -> None:
    goal = ["--board", "icebreaker", "--until", "verilog", "--out", tmp_path / "old", "--protocol", 1]
    assert cli("build", named / "named.onnx", *goal)[0] == 0
    assert json.loads((tmp_path / "old/rtl/interface.json").read_text())["link"]["protocol"] == 1
    assert cli("run", tmp_path / "old", named / "rows.csv", "--virtual")[:2] == (0, "ok\nok\nbroken\nworn\n")
