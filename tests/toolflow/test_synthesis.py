"""Synthesis of a small accelerator: counts, files, determinism, and what is left after a failure."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bnngen.base.cache import caching
from bnngen.base.errors import BoardError, FitError, ToolError, UsageError
from bnngen.toolflow.synthesis import check_fit, synthesize
from bnngen.toolflow.toolchain import Yosys
from bnngen_boards.families import family
from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.profile import load_board
from tests.toolflow.conftest import StandIn, Synthesized

BOARDS = ["icebreaker", "ulx3s_85f"]


@pytest.mark.parametrize("board", BOARDS)
class TestResult:
    def test_counts(self, synthesized: Synthesized, board: str) -> None:
        """Two engines with a block RAM each, and the serial link's buffer."""
        result = synthesized(board)
        assert result.accelerator.bram == 2
        assert result.bram == 2 + (1 if board == "icebreaker" else 2)
        assert result.dsp == 0
        assert 200 < result.accelerator.lut < result.lut < 800
        assert 200 < result.accelerator.ff < result.ff < 600

    def test_counts_are_those_of_the_linked_netlist(self, synthesized: Synthesized, board: str) -> None:
        result = synthesized(board)
        modules = json.loads(result.netlist.read_text(encoding="utf-8"))["modules"]
        whole = family(load_board(board).family).count(modules["top"])
        assert (whole.lut, whole.ff, whole.bram) == (result.lut, result.ff, result.bram)

    def test_files(self, synthesized: Synthesized, board: str) -> None:
        result = synthesized(board)
        constraints = "top.pcf" if board == "icebreaker" else "top.lpf"
        names = [
            "bnn_accelerator_netlist.v",
            "build_top.json",
            "top.json",
            "serial.json",
            constraints,
            "yosys.log",
        ]
        assert sorted(path.name for path in result.folder.iterdir()) == sorted(names)
        assert "module bnn_accelerator(" in result.accelerator_netlist.read_text(encoding="utf-8")

    def test_clock_and_tool(self, synthesized: Synthesized, board: str) -> None:
        result = synthesized(board)
        assert result.clock_mhz == load_board(board).clock.default_mhz
        assert result.tool.startswith("Yosys 0.")
        assert result.wall_s > 0


def test_same_input_gives_the_same_netlist(
    synthesized: Synthesized, small_accelerator: StandIn, tmp_path: Path
) -> None:
    """In another folder too: no paths in it."""
    board = load_board("icebreaker")
    rtl = shutil.copytree(small_accelerator.rtl, tmp_path / "elsewhere")
    said: list[str] = []
    with caching(False):
        again = synthesize(rtl, small_accelerator.interface, board, 30, tmp_path / "out", said.append)
    assert not again.cached
    first = synthesized("icebreaker")
    assert again.netlist.read_bytes() == first.netlist.read_bytes()
    assert "pyosys" not in again.netlist.read_text(encoding="utf-8")
    assert again.accelerator_netlist.read_bytes() == first.accelerator_netlist.read_bytes()
    assert said[0] == "yosys: synthesising for icebreaker at 30 MHz"


def test_broken_verilog_leaves_the_log_only(small_accelerator: StandIn, tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "bnn_accelerator.v").write_text("module bnn_accelerator(input clk; endmodule\n")
    out = tmp_path / "synth"
    with pytest.raises(ToolError, match=r"(?s)^yosys failed .*bnn_accelerator\.v:1: ERROR: syntax error"):
        synthesize(tmp_path / "rtl", small_accelerator.interface, load_board("icebreaker"), 30, out)
    assert [path.name for path in out.iterdir()] == ["yosys.log"]


def test_no_verilog(small_accelerator: StandIn, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"bnn_accelerator\.v: no such file"):
        synthesize(tmp_path, small_accelerator.interface, load_board("icebreaker"), 30, tmp_path / "out")


def test_clock_out_of_reach(small_accelerator: StandIn, tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"^a clock of 9 MHz cannot be made"):
        synthesize(
            small_accelerator.rtl, small_accelerator.interface, load_board("icebreaker"), 9, tmp_path / "o"
        )
    assert not (tmp_path / "o").exists()


def test_a_second_run_comes_from_the_cache(
    synthesized: Synthesized, small_accelerator: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board("icebreaker")
    said: list[str] = []
    first = synthesized("icebreaker")
    monkeypatch.setattr(Yosys, "run", None)
    again = synthesize(
        small_accelerator.rtl, small_accelerator.interface, board, 30, tmp_path / "out", said.append
    )
    assert again.cached
    assert said == ["yosys: nothing has changed, the netlist comes from the cache"]
    moved: dict[str, Any] = {"cached": first.cached, "wall_s": first.wall_s, "folder": first.folder}
    netlists = {name: getattr(first, name) for name in ("netlist", "accelerator_netlist")}
    assert replace(again, **moved, **netlists) == first
    for path in first.folder.iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    assert len(list((tmp_path / "out").iterdir())) == len(list(first.folder.iterdir()))


def test_a_board_that_is_synthesized_only(small_accelerator: StandIn, tmp_path: Path) -> None:
    """The accelerator alone, with nothing around it."""
    board = load_board("pynq_z1")
    result = synthesize(small_accelerator.rtl, small_accelerator.interface, board, 123, tmp_path)
    names = ["bnn_accelerator.json", "bnn_accelerator_netlist.v", "yosys.log"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert result.netlist == tmp_path / names[0]
    assert CellCounts(result.lut, result.ff, result.bram, result.dsp, result.carry) == result.accelerator
    assert (result.bram, result.dsp, result.clock_mhz) == (2, 0, 123)
    assert 100 < result.lut < 400
    assert result.lut_levels is not None
    assert 2 <= result.lut_levels <= 8
    cells = json.loads(result.netlist.read_text(encoding="utf-8"))["modules"]["bnn_accelerator"]["cells"]
    assert not [cell for cell in cells.values() if "BUF" in cell["type"]]


def test_a_damaged_netlist_is_not_kept(
    small_accelerator: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """yosys does not notice a full disk."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(args: list[str], work: Path, *_: object) -> None:
        for name in ("top.json", "bnn_accelerator.json"):
            (work / name).write_text('{"modules": {"top"')

    monkeypatch.setattr(Yosys, "run", lambda self, *args: run(*args))
    with pytest.raises(ToolError, match=r"^yosys left a damaged .*\.json \(is a disk full\?\): "):
        synthesize(
            small_accelerator.rtl, small_accelerator.interface, load_board("icebreaker"), 30, tmp_path / "out"
        )
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "cache" / "bnngen").exists()


class TestCheckFit:
    def test_everything_that_is_too_much_is_named(self, synthesized: Synthesized) -> None:
        large = replace(synthesized("icebreaker"), lut=6000, bram=31, dsp=9)
        message = (
            r"^the design does not fit icebreaker \(iCE40UP5K\): it needs 6,000 of 5,280 LUT, "
            r"31 of 30 SB_RAM40_4K, 9 of 8 DSP: ask for fewer frames a second, or"
        )
        with pytest.raises(FitError, match=message):
            check_fit(large, load_board("icebreaker"))

    def test_a_full_device_fits(self, synthesized: Synthesized) -> None:
        full = replace(synthesized("icebreaker"), lut=5280, ff=5280, bram=30, dsp=8)
        check_fit(full, load_board("icebreaker"))
