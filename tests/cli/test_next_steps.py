"""What a person may do next: commands that will work."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from support.finished_builds import finished_build

from bnngen.cli.next_steps import NextStep, after_build, print_next
from bnngen.reports.build import read_report
from bnngen.toolflow.pipeline import BuildResult
from bnngen_boards.profile import load_board

NOT_MET = {"tool": "n", "fmax_mhz": 25.0, "met": False, "bitstream": "pnr/top.bin"}
WRONG = {"frames": 1, "mismatches": 1, "accuracy": None, "as_predicted": True}


def steps(out: Path, named: str = "icebreaker", data: Path | None = None, loading: bool = True) -> list[str]:
    """The commands behind the build in ``out``, whose Verilog is there."""
    (out / "rtl").mkdir()
    (out / "rtl" / "interface.json").touch()
    board = load_board("icebreaker")
    board = board if loading else board.model_copy(update={"loading": None})
    result = BuildResult(read_report(out), out)
    return [step.command for step in after_build(result, board, named, ["mine"], data)]


def test_a_bitstream(tmp_path: Path) -> None:
    out = finished_build(tmp_path / "b")
    assert steps(out, data=Path("my data.npz")) == [
        f"bnngen flash {out}",
        f"bnngen run {out} 'my data.npz' --port PORT",
        f"bnngen run {out} 'my data.npz' --virtual",
        f"bnngen report {out} --open",
    ]


@pytest.mark.parametrize("changes", [{"pnr": None}, {"pnr": NOT_MET}, {"simulation": WRONG}])
def test_nothing_for_the_board(tmp_path: Path, changes: dict[str, Any]) -> None:
    """There is no bitstream, or it would answer wrongly."""
    out = finished_build(tmp_path / "b", **changes)
    assert steps(out) == [f"bnngen run {out} DATA --virtual", f"bnngen report {out} --open"]


def test_a_board_that_nobody_knows_how_to_load(tmp_path: Path) -> None:
    assert [line.split()[1] for line in steps(finished_build(tmp_path / "b"), loading=False)] == [
        "run",
        "run",
        "report",
    ]


def test_a_board_of_one_s_own(tmp_path: Path) -> None:
    first, *_ = steps(finished_build(tmp_path / "b"), "boards/my own.toml")
    own = ["--board", "boards/my own.toml", "--allow-module", "mine"]
    assert shlex.split(first) == ["bnngen", "flash", str(tmp_path / "b"), *own]


def test_paths_that_a_shell_or_a_parser_would_take_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, *_ = steps(finished_build(Path("-a $b")), data=Path("-d.npz"))
    assert shlex.split(first) == ["bnngen", "flash", "./-a $b"]
    assert shlex.split(second) == ["bnngen", "run", "./-a $b", "./-d.npz", "--port", "PORT"]


def test_each_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_next([NextStep("look", "bnngen " + "x" * 200), NextStep("go away", "exit")])
    assert capsys.readouterr().out == f"next:\n  look     bnngen {'x' * 200}\n  go away  exit\n"
