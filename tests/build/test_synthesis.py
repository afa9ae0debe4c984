"""Synthesis of a small accelerator: counts, files, determinism, and what is left after a failure."""

from __future__ import annotations

import json
import shutil

import pytest

from bnngen.build.cells import count_cells
from bnngen.build.synthesis import synthesis_command, synthesize
from bnngen.build.toolchain import ToolError
from bnngen.errors import UsageError
from bnngen_boards.errors import BoardError
from bnngen_boards.profile import load_board

BOARDS = ["icebreaker", "ulx3s_85f"]


@pytest.mark.parametrize("board", BOARDS)
class TestResult:
    def test_counts(self, synthesized, board):
        """Two engines with a block RAM each, and the serial link's buffer."""
        result = synthesized(board)
        assert result.accelerator.bram == 2
        assert result.bram == 2 + (1 if board == "icebreaker" else 2)
        assert result.dsp == 0
        assert 200 < result.accelerator.lut < result.lut < 800
        assert 200 < result.accelerator.ff < result.ff < 600

    def test_counts_are_those_of_the_linked_netlist(self, synthesized, board):
        result = synthesized(board)
        modules = json.loads(result.netlist.read_text(encoding="utf-8"))["modules"]
        whole = count_cells(load_board(board).family, modules["top"])
        assert (whole.lut, whole.ff, whole.bram) == (result.lut, result.ff, result.bram)

    def test_files(self, synthesized, board):
        result = synthesized(board)
        constraints = "top.pcf" if board == "icebreaker" else "top.lpf"
        names = ["bnn_accelerator_netlist.v", "build_top.json", "top.json", constraints, "yosys.log"]
        assert sorted(path.name for path in result.folder.iterdir()) == sorted(names)
        assert "module bnn_accelerator(" in result.accelerator_netlist.read_text(encoding="utf-8")

    def test_clock_and_tool(self, synthesized, board):
        result = synthesized(board)
        assert result.clock_mhz == load_board(board).clock.default_mhz
        assert result.tool.startswith("Yosys 0.")
        assert result.wall_s > 0


def test_same_input_gives_the_same_netlist(synthesized, small_accelerator, tmp_path):
    """In another folder too: no paths in it."""
    board = load_board("icebreaker")
    rtl = shutil.copytree(small_accelerator.rtl, tmp_path / "elsewhere")
    said = []
    again = synthesize(rtl, small_accelerator.interface, board, 30, tmp_path / "out", said.append)
    first = synthesized("icebreaker")
    assert again.netlist.read_bytes() == first.netlist.read_bytes()
    assert again.accelerator_netlist.read_bytes() == first.accelerator_netlist.read_bytes()
    assert said[0] == "yosys: synthesising for icebreaker at 30 MHz"


def test_broken_verilog_leaves_the_log_only(small_accelerator, tmp_path):
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "bnn_accelerator.v").write_text("module bnn_accelerator(input clk; endmodule\n")
    out = tmp_path / "synth"
    with pytest.raises(ToolError, match=r"(?s)^yosys failed .*bnn_accelerator\.v:1: ERROR: syntax error"):
        synthesize(tmp_path / "rtl", small_accelerator.interface, load_board("icebreaker"), 30, out)
    assert [path.name for path in out.iterdir()] == ["yosys.log"]


def test_no_verilog(small_accelerator, tmp_path):
    with pytest.raises(UsageError, match=r"bnn_accelerator\.v: no such file"):
        synthesize(tmp_path, small_accelerator.interface, load_board("icebreaker"), 30, tmp_path / "out")


def test_clock_out_of_reach(small_accelerator, tmp_path):
    with pytest.raises(BoardError, match=r"^a clock of 9 MHz cannot be made"):
        synthesize(
            small_accelerator.rtl, small_accelerator.interface, load_board("icebreaker"), 9, tmp_path / "o"
        )
    assert not (tmp_path / "o").exists()


def test_the_kind_of_ice40_is_told_to_yosys() -> None:
    board = load_board("icebreaker")
    assert synthesis_command(board) == "synth_ice40 -dff -device u -dsp"
    assert (
        synthesis_command(board.model_copy(update={"device": "iCE40HX8K"})) == "synth_ice40 -dff -device hx"
    )
    assert "synth_ecp5" in synthesis_command(load_board("ulx3s_85f"))
