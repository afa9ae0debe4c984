"""Routed netlists of a small design with a bit of everything, against its own Verilog."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bnngen.toolflow.flow import synthesis_script
from bnngen.toolflow.netlist import models_of
from bnngen.toolflow.toolchain import TOOLS, YOSYS
from bnngen_boards.families.routed_netlist import RoutedDesign
from bnngen_boards.profile import load_board
from bnngen_sim.verilator import find_tools, run_tool

HERE = Path(__file__).parent
OPTIONS = {
    "icebreaker": ["--up5k", "--package", "sg48", "--pcf-allow-unconstrained"],
    "ulx3s_85f": ["--25k", "--package", "CABGA381", "--lpf-allow-unconstrained"],
}
CELLS = {
    "icebreaker": {"ICESTORM_LC", "ICESTORM_RAM", "SB_GB", "SB_IO"},
    "ulx3s_85f": {"TRELLIS_COMB", "TRELLIS_FF", "TRELLIS_RAMW", "DP16KD", "DCCA", "TRELLIS_IO"},
}


def run(source: Path, work: Path) -> str:
    """What comes out of the pins, step by step."""
    tools = find_tools()
    work.mkdir()
    options = ["--cc", "--exe", "-Wno-fatal", "-Wno-lint", "--top-module", "top", "--Mdir", "."]
    command = [str(tools.verilator), *options, str(source), str(HERE / "routed.cpp")]
    run_tool(command, tools.environment, work, "Verilator failed")
    run_tool(["make", "-f", "Vtop.mk", "OPT_FAST=-O0"], tools.environment, work, "the compiler failed")
    return subprocess.run([work / "Vtop"], check=True, capture_output=True, text=True).stdout


def test_a_net_that_is_tied_to_itself() -> None:
    cell = {"type": "X", "connections": {"A": [3]}, "port_directions": {"A": "input"}}
    design = RoutedDesign({"cells": {"a": cell}, "ports": {}}, {})
    for net, other in ((3, 4), (4, 5), (5, 4)):
        design.constant([net], other)
    with pytest.raises(ValueError, match="net 4 is tied to itself"):
        design.finished()


@pytest.mark.parametrize("name", list(OPTIONS))
def test_every_kind_of_cell(tmp_path: Path, name: str) -> None:
    board = load_board(name)
    text = (HERE / "routed.v").read_text()
    if not board.resources.lutram_bits:
        text = text.replace('(* ram_style = "distributed" *)', "")
    (tmp_path / "top.v").write_text(text)
    script = synthesis_script(board, "read_verilog top.v", "top")
    (tmp_path / "synth.ys").write_text(script)
    YOSYS.run(["synth.ys"], tmp_path, tmp_path / "yosys.log")
    router, files = TOOLS[board.routing.router.name], ["--json", "top.json", "--write", "routed.json"]
    router.run([*OPTIONS[name], *files], tmp_path, tmp_path / "router.log")
    module = json.loads((tmp_path / "routed.json").read_text())["modules"]["top"]
    assert {cell["type"] for cell in module["cells"].values()} >= CELLS[name]
    design = RoutedDesign(module, {})
    board.routing.simplify(design)
    (tmp_path / "plain.json").write_text(json.dumps({"modules": {"top": design.finished()}}))
    command = "read_json plain.json; write_verilog -noattr plain.v"
    YOSYS.run(["-p", command], tmp_path, tmp_path / "yosys.log")
    netlist = tmp_path / "plain.v"
    netlist.write_text(netlist.read_text() + models_of(board.family))
    before, after = (run(path, tmp_path / path.stem.upper()) for path in (tmp_path / "top.v", netlist))
    assert after == before
    assert min(before.count(level) for level in "0123") > 1000
