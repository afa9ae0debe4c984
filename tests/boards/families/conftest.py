"""Memories before and after synthesis: what simulates them, and what they do."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bnngen.toolflow import native_yosys
from bnngen.toolflow.netlist import models_of
from bnngen_sim.verilator import find_tools, run_tool

HERE = Path(__file__).parent
MEMORY_STEPS = 4000
_MEMORY = 'memory_{kind} #({width}, {bits}, {words}, "m{n}.mem") m{n} ({ports}, q[{first} +: 144]);'
_TOP = """
module top (input clk, we, re, rst, input [15:0] wa, ra, rb, input [7:0] be, input [71:0] wd,
    output [{high}:0] q);
{memories}
endmodule
"""


@dataclass(frozen=True)
class Synthesized:
    """Memories before and after synthesis: the netlist, and the outputs of both step by step."""

    netlist: str
    before: list[str]
    after: list[str]

    def values(self, parameter: str) -> set[str]:
        """The values that a cell's parameter has in the netlist."""
        return set(re.findall(rf"\.{parameter}\((?:32'[s]?d)?\"?(\w+)\"?\)", self.netlist))


@pytest.fixture
def synthesize(tmp_path: Path) -> Callable[..., Synthesized]:
    """Synthesises memories (width, words, kind; see ``memories.v``) with a yosys command for a family."""

    def make(family: str, command: str, *memories: tuple[int, int, str]) -> Synthesized:
        source, netlist = tmp_path / "top.v", tmp_path / "netlist.v"
        source.write_text((HERE / "memories.v").read_text() + _write_memories(tmp_path, memories))
        script = f"read_verilog -defer top.v\n{command} -top top\nwrite_verilog -noattr netlist.v\n"
        (tmp_path / "synth.ys").write_text(script)
        yosys = [sys.executable, native_yosys.__file__, "synth.ys"]
        subprocess.run(yosys, check=True, capture_output=True, cwd=tmp_path)
        text = netlist.read_text()
        netlist.write_text(text + models_of(family))
        return Synthesized(text, _run_memories(source, "before"), _run_memories(netlist, "after"))

    return make


def _write_memories(folder: Path, memories: tuple[tuple[int, int, str], ...]) -> str:
    """Writes what they hold; returns the module with all of them side by side."""
    instances = []
    for n, (width, words, kind) in enumerate(memories):
        rng = random.Random(width * words)
        (folder / f"m{n}.mem").write_text("".join(f"{rng.getrandbits(width):x}\n" for _ in range(words)))
        facts = {"kind": kind, "width": width, "words": words, "bits": words.bit_length() - 1}
        ports = "clk, we, re, rst, wa, ra, rb, be, wd"
        instances.append(_MEMORY.format(n=n, ports=ports, first=144 * n, **facts))
    return _TOP.format(high=144 * len(memories) - 1, memories="\n".join(instances))


def _run_memories(source: Path, name: str) -> list[str]:
    """What the memories' outputs are, step by step."""
    tools, work = find_tools(), source.parent / name
    work.mkdir()
    harness = str(HERE / "memories.cpp")
    options = ["--cc", "--exe", "-Wno-fatal", "-Wno-lint", "--top-module", "top", "--Mdir", "."]
    command = [str(tools.verilator), *options, str(source), harness]
    run_tool(command, tools.environment, work, "Verilator failed")
    run_tool(["make", "-f", "Vtop.mk", "OPT_FAST=-O0"], tools.environment, work, "the compiler failed")
    program = [str(work / "Vtop"), str(MEMORY_STEPS)]
    done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=source.parent)
    return done.stdout.splitlines()
