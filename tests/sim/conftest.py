"""Small hand-written accelerators to simulate, memories before and after synthesis, and a build cache of the
test session's own."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bnngen.toolflow import native_yosys
from bnngen_sim import Interface, Quantize, StreamFormat
from bnngen_sim.cells import cell_models
from bnngen_sim.verilator import find_tools, run_tool

RTL = Path(__file__).with_name("rtl")

TOP = """module bnn_accelerator (
    input wire clk, input wire rst, output wire frame_error,
    input wire [{i}:0] s_axis_tdata, input wire s_axis_tvalid,
    output wire s_axis_tready, input wire s_axis_tlast,
    output wire [{o}:0] m_axis_tdata, output wire m_axis_tvalid,
    input wire m_axis_tready, output wire m_axis_tlast
);
    {module} {parameters} inner (
        .clk(clk), .rst(rst), .frame_error(frame_error), .s_axis_tdata(s_axis_tdata),
        .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tlast(s_axis_tlast),
        .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid), .m_axis_tready(m_axis_tready),
        .m_axis_tlast(m_axis_tlast)
    );
endmodule
"""


@dataclass(frozen=True, eq=False)
class Accelerator:
    """A folder with Verilog and interface.json, and what its outputs must be."""

    folder: Path
    interface: Interface
    expected: Callable[[NDArray[np.int64]], NDArray[np.int64]]

    def frames(self, count: int, seed: int = 0) -> NDArray[np.int64]:
        """Random input frames (count, elements)."""
        stream = self.interface.input
        shape = (count, stream.elements_per_frame)
        values = np.random.default_rng(seed).integers(stream.lo, stream.hi, shape, endpoint=True)
        return np.where(values < 0, -1, 1) if stream.encoding == "bipolar" else values


Passthrough = Callable[..., Accelerator]


def write_folder(folder: Path, module: str, parameters: dict[str, object], interface: Interface) -> None:
    """Writes the top module around ``module`` of the rtl folder, with it in one file, and interface.json."""
    text = ", ".join(f".{name}({value})" for name, value in parameters.items())
    top = TOP.format(
        module=module,
        parameters=f"#({text})" if text else "",
        i=interface.input.tdata_bits - 1,
        o=interface.output.tdata_bits - 1,
    )
    folder.mkdir(parents=True)
    (folder / "bnn_accelerator.v").write_text(top + (RTL / f"{module}.v").read_text())
    (folder / "interface.json").write_text(interface.to_json())


def quantize_for(stream: StreamFormat) -> Quantize:
    """A quantization that uses all of the stream's range."""
    return Quantize("1/1", "0/1", "half_even", stream.lo, stream.hi)


def make_key(stream: StreamFormat) -> NDArray[np.uint8]:
    """Bytes (beats, bytes) to XOR with a frame's beats: random where elements are, zero in the pad bits."""
    used = stream.elements_per_beat * stream.bits
    filled = stream.elements_per_frame * stream.bits - (stream.beats_per_frame - 1) * used
    bits = np.random.default_rng(stream.tdata_bits).integers(0, 2, stream.tdata_bits, dtype=np.uint8)
    beats = np.zeros((stream.beats_per_frame, stream.tdata_bits), np.uint8)
    beats[:-1, :used] = bits[:used]  # the module has one key for all beats but the last
    beats[-1, :filled] = 1 - bits[:filled]
    return np.packbits(beats, axis=1, bitorder="little")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Simulators go to a folder of this session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def passthrough(tmp_path: Path) -> Passthrough:
    """Makes XOR accelerators: ``passthrough(stream, latency=1, interval=1, fault="none")``."""

    def make(
        stream: StreamFormat, latency: int = 1, interval: int = 1, fault: str = "none", name: str = "rtl"
    ) -> Accelerator:
        key = make_key(stream)
        width = stream.tdata_bits
        first, last = (int.from_bytes(row.tobytes(), "little") for row in (key[0], key[-1]))
        parameters = {
            "WIDTH": width,
            "BEATS": stream.beats_per_frame,
            "LATENCY": latency,
            "INTERVAL": interval,
            "KEY": f"{width}'h{first:x}",
            "KEY_LAST": f"{width}'h{last:x}",
            "FAULT": f'"{fault}"',
        }
        interface = Interface(stream, stream, False, quantize_for(stream))
        write_folder(tmp_path / name, "passthrough", parameters, interface)
        return Accelerator(tmp_path / name, interface, lambda x: stream.unpack(stream.pack(x) ^ key))

    return make


@pytest.fixture
def total(tmp_path: Path) -> Accelerator:
    """Sums of seven signed bytes plus 5."""
    stream = StreamFormat(7, 3, 8, True, "int", 24, "NC")
    interface = Interface(stream, StreamFormat(1, 1, 16, True, "int", 16, "NC"), False, quantize_for(stream))
    write_folder(tmp_path / "rtl", "total", {}, interface)
    (tmp_path / "rtl" / "bias.mem").write_text("0005\n")
    return Accelerator(tmp_path / "rtl", interface, lambda x: x.sum(axis=1, keepdims=True) + 5)


MEMORY_STEPS = 4000
_MEMORY = 'memory_{kind} #({width}, {bits}, {words}, "m{n}.mem") m{n} ({ports}, q[{first} +: 144]);'
_TOP = """
module top (input clk, we, re, rst, input [15:0] wa, ra, rb, input [7:0] be, input [71:0] wd,
    output [{high}:0] q);
{memories}
endmodule
"""


@dataclass(frozen=True)
class Synthesised:
    """Memories before and after synthesis: the netlist, and the outputs of both step by step."""

    netlist: str
    before: list[str]
    after: list[str]

    def values(self, parameter: str) -> set[str]:
        """The values that a cell's parameter has in the netlist."""
        return set(re.findall(rf"\.{parameter}\((?:32'[s]?d)?\"?(\w+)\"?\)", self.netlist))


@pytest.fixture
def synthesise(tmp_path: Path) -> Callable[..., Synthesised]:
    """Synthesises memories (width, words, kind; see ``rtl/memories.v``) with a yosys command for a family."""

    def make(family: str, command: str, *memories: tuple[int, int, str]) -> Synthesised:
        source, netlist = tmp_path / "top.v", tmp_path / "netlist.v"
        source.write_text((RTL / "memories.v").read_text() + _write_memories(tmp_path, memories))
        script = f"read_verilog -defer top.v\n{command} -top top\nwrite_verilog -noattr netlist.v\n"
        (tmp_path / "synth.ys").write_text(script)
        yosys = [sys.executable, native_yosys.__file__, "synth.ys"]
        subprocess.run(yosys, check=True, capture_output=True, cwd=tmp_path)
        text = netlist.read_text()
        netlist.write_text(text + cell_models(family))
        return Synthesised(text, _run_memories(source, "before"), _run_memories(netlist, "after"))

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
    harness = str(Path(__file__).with_name("memories.cpp"))
    options = ["--cc", "--exe", "-Wno-fatal", "-Wno-lint", "--top-module", "top", "--Mdir", "."]
    command = [str(tools.verilator), *options, str(source), harness]
    run_tool(command, tools.environment, work, "Verilator failed")
    run_tool(["make", "-f", "Vtop.mk", "OPT_FAST=-O0"], tools.environment, work, "the compiler failed")
    program = [str(work / "Vtop"), str(MEMORY_STEPS)]
    done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=source.parent)
    return done.stdout.splitlines()
