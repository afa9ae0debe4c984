"""yosys from the package pyosys as a program: what it answers, how it fails, and that it can be ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.signals import MARK, marked_processes

from bnngen.base.errors import ToolError
from bnngen.toolflow import native_yosys
from bnngen.toolflow.toolchain import YOSYS

PROGRAM = [sys.executable, "-P", native_yosys.__file__]
VERILOG = "module top(input [99:0] a, b, output [99:0] y); assign y = a * b; endmodule\n"


@pytest.fixture(autouse=True)
def _native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YOSYS", raising=False)


def test_a_script_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(VERILOG)
    (tmp_path / "run.ys").write_text("read_verilog top.v\n# a comment\nwrite_rtlil top.il\n")
    log = YOSYS.run(["run.ys"], tmp_path, tmp_path / "x.log")
    assert "Executing RTLIL backend" in log
    assert "module \\top" in (tmp_path / "top.il").read_text()


def test_commands(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text(VERILOG)
    YOSYS.run(["-p", "read_verilog top.v; write_rtlil a.il; write_rtlil b.il"], tmp_path, tmp_path / "x.log")
    assert (tmp_path / "a.il").read_bytes() == (tmp_path / "b.il").read_bytes()


def test_an_error_reaches_the_log(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^yosys failed \(exit status 1\): ERROR: No such command: nonsense"):
        YOSYS.run(["-p", "nonsense"], tmp_path, tmp_path / "x.log")
    assert "No such command" in (tmp_path / "x.log").read_text()


def test_a_package_that_does_not_load_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pyosys").mkdir()
    (tmp_path / "pyosys" / "__init__.py").write_text("raise ImportError('no such library')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([*PROGRAM, "--version"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ERROR: the package pyosys does not load: no such library" in done.stderr
    assert "uninstall it to use the WebAssembly yosys, or name a yosys in YOSYS" in done.stderr


def test_it_ends_with_its_children_when_interrupted(tmp_path: Path) -> None:
    """In the middle of abc, a program of its own."""
    (tmp_path / "top.v").write_text(VERILOG)
    command = "from pathlib import Path; from bnngen.toolflow.toolchain import YOSYS; YOSYS.run(['-p', "
    command += "'read_verilog top.v; synth; abc -lut 6 -dff; abc -lut 4'], Path(), Path('x.log'))"
    process = subprocess.Popen(
        [sys.executable, "-c", command],
        cwd=tmp_path,
        env={**os.environ, MARK: str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not list(tmp_path.glob("yosys-abc-*/input.blif")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert marked_processes(str(tmp_path)) == []
