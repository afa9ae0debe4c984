"""Models of cells against what was synthesised into them: the same Verilog before and after yosys."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bnngen.build import native_yosys
from bnngen_sim.cells import cell_models
from bnngen_sim.errors import SimulationError
from bnngen_sim.verilator import find_tools, run_tool

STEPS = 3000
MEMORIES = [
    (36, 512, "ram"),
    (20, 300, "ram"),
    (18, 1024, "two"),
    (9, 2048, "two"),
    (4, 4096, "one"),
    (2, 900, "one"),
    (2, 8192, "two"),
    (1, 16384, "one"),
]
"""Width, depth and kind: written and read, a ROM with two read ports, or a ROM with one."""
HARNESS = """
#include "Vtop.h"
#include <cstdio>
int main() {
    Vtop top;
    unsigned long state = 1;
    auto next = [&]() { state = state * 6364136223846793005ul + 1442695040888963407ul; return state >> 33; };
    for (int i = 0; i < STEPS; ++i) {
        top.we = next() & 1; top.re = next() & 1;
        top.wa = next() & 0x3fff; top.ra = next() & 0x3fff; top.rb = next() & 0x3fff;
        top.wd = ((next() << 31) ^ next()) & 0xfffffffff;
        top.clk = 0; top.eval(); top.clk = 1; top.eval();
        for (int word = 0; word < WORDS; ++word) printf("%x ", top.q[word]);
        printf("\\n");
    }
}
"""
RAM = """
module ram{number} (input clk, we, re, input [13:0] wa, ra, rb, input [35:0] wd, output [71:0] q);
    (* ram_style = "block" *) (* rom_style = "block" *) reg [{top}:0] m [0:{last}];
    reg [{top}:0] da = 0, db = 0;
    assign q = {{db, {{(36 - {width}){{1'b0}}}}, da}};
    initial begin
{init}
    end
    always @(posedge clk) begin
        {write}
        if (re) da <= m[ra[{bits}:0]];
        {second}
    end
endmodule
"""


def memory(number: int, width: int, depth: int, kind: str) -> str:
    """One memory; its addresses stay below ``depth``."""
    rng, bits = random.Random(width * depth), depth.bit_length() - 2
    init = "\n".join(f"        m[{k}] = {width}'h{rng.getrandbits(width):x};" for k in range(depth))
    write = f"if (we) m[wa[{bits}:0]] <= wd[{width - 1}:0];" if kind == "ram" else ""
    second = f"db <= m[rb[{bits}:0]];" if kind == "two" else ""
    return RAM.format(
        number=number,
        width=width,
        top=width - 1,
        last=depth - 1,
        bits=bits,
        init=init,
        write=write,
        second=second,
    )


def verilog() -> str:
    """All memories side by side."""
    bits = 72 * len(MEMORIES)
    ports = "input clk, we, re, input [13:0] wa, ra, rb, input [35:0] wd"
    parts = [memory(number, *shape) for number, shape in enumerate(MEMORIES)]
    parts.append(f"module top ({ports}, output [{bits - 1}:0] q);")
    parts += [f"ram{n} r{n} (clk, we, re, wa, ra, rb, wd, q[{72 * n} +: 72]);" for n in range(len(MEMORIES))]
    return "\n".join([*parts, "endmodule"])


def run(source: Path, work: Path) -> str:
    """What the memories' outputs are, step by step."""
    tools = find_tools()
    work.mkdir()
    harness = HARNESS.replace("STEPS", str(STEPS)).replace("WORDS", str(-(-72 * len(MEMORIES) // 32)))
    (work / "main.cpp").write_text(harness)
    options = ["--cc", "--exe", "-Wno-fatal", "-Wno-lint", "--top-module", "top", "--Mdir", "."]
    command = [str(tools.verilator), *options, str(source), "main.cpp"]
    run_tool(command, tools.environment, work, "Verilator failed")
    run_tool(["make", "-f", "Vtop.mk", "OPT_FAST=-O0"], tools.environment, work, "the compiler failed")
    return subprocess.run([work / "Vtop"], check=True, capture_output=True, text=True).stdout


def test_block_ram_of_the_ecp5(tmp_path: Path) -> None:
    source, netlist = tmp_path / "top.v", tmp_path / "netlist.v"
    source.write_text(verilog())
    (tmp_path / "synth.ys").write_text(
        "read_verilog top.v\nsynth_ecp5 -top top\nwrite_verilog -noattr netlist.v\n"
    )
    command = [sys.executable, native_yosys.__file__, "synth.ys"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    text = netlist.read_text()
    widths = {int(width) for width in re.findall(r"DATA_WIDTH_[AB]\(32'd(\d+)\)", text)}
    assert widths == {1, 2, 4, 9, 18, 36}
    netlist.write_text(text + cell_models("ecp5"))
    after = run(netlist, tmp_path / "after")
    assert after == run(source, tmp_path / "before")
    assert len(set(after.splitlines())) > STEPS / 2


def test_a_family_without_models() -> None:
    message = "netlists of family xc7 can't be simulated; those of ecp5, ice40 can"
    with pytest.raises(SimulationError, match=message):
        cell_models("xc7")
