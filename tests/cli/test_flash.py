"""``bnngen flash``: the bitstream of a build gets into its board."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.command_line import Cli
from support.finished_builds import Programs, finished_build
from support.signals import MARK, interruptible, left_running

OWN = Path(__file__).parents[2] / "boards" / "bnngen_boards" / "icebreaker.toml"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path / "programs", monkeypatch)


def test_it_loads(cli: Cli, tmp_path: Path, programs: Programs) -> None:
    out = finished_build(tmp_path / "my build")
    programs.add("iceprog", "echo programming..; echo cdone: high")
    status, output, errors = cli("flash", out)
    assert status == 0
    assert output.splitlines() == [
        f"iceprog has loaded {out}/pnr/top.bin: it is in flash memory, and stays there without power",
        "next:",
        f"  ask the board  bnngen run '{out}' DATA --port PORT",
    ]
    assert errors == ""
    assert programs.arguments("iceprog") == [str(out / "pnr" / "top.bin")]


def test_the_memory_and_more_arguments(cli: Cli, tmp_path: Path, programs: Programs) -> None:
    out = finished_build(tmp_path / "b", "ice40_hx8k_b_evn")
    programs.add("iceprog")
    status, output, _ = cli("flash", out, "--to", "sram", "--", "-I", "B")
    assert status == 0
    assert "it is in the FPGA's own memory, and is gone when the power is" in output
    assert programs.arguments("iceprog") == ["-S", "-I", "B", str(out / "pnr" / "top.bin")]


def test_a_board_of_one_s_own(cli: Cli, tmp_path: Path, programs: Programs) -> None:
    out = finished_build(tmp_path / "b", "mine")
    programs.add("iceprog")
    profile = tmp_path / "mine.toml"
    text = OWN.read_text().replace('"icebreaker"', '"mine"').replace("amaranth_boards.icebreaker", "os")
    profile.write_text(text)
    assert cli("flash", out)[0] == 2
    status, _, errors = cli("flash", out, "--board", profile)
    assert status == 2
    assert "or of a module that --allow-module names" in errors
    assert cli("flash", out, "--board", profile, "--allow-module", "os")[0] == 0


def test_timing_that_is_not_met_is_a_warning(cli: Cli, tmp_path: Path, programs: Programs) -> None:
    pnr = {"tool": "n", "fmax_mhz": 25.0, "met": False, "bitstream": "pnr/top.bin"}
    programs.add("iceprog")
    status, _, errors = cli("flash", finished_build(tmp_path / "b", pnr=pnr))
    assert status == 0
    assert errors.startswith("warning: the timing is not met")


@pytest.mark.parametrize(
    ("script", "exit_status", "message"),
    [
        (None, 3, "error: nothing that is installed can load icebreaker: install iceprog"),
        ("echo no device; exit 2", 1, "error: iceprog failed (exit status 2):\nno device\n"),
        ("kill -9 $$", 1, "error: iceprog failed (ended by signal 9 (SIGKILL)"),
    ],
)
def test_what_goes_wrong(
    cli: Cli, tmp_path: Path, programs: Programs, script: str | None, exit_status: int, message: str
) -> None:
    if script is not None:
        programs.add("iceprog", script)
    status, output, errors = cli("flash", finished_build(tmp_path / "b"))
    assert (status, output) == (exit_status, "")
    assert errors.startswith(message)


def test_a_build_that_stopped_earlier(cli: Cli, built: Path) -> None:
    status, _, errors = cli("flash", built)
    assert status == 2
    assert "has no bitstream: the build did not come so far" in errors


def test_ctrl_c_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    command = [sys.executable, "-c", "from bnngen.cli import main; main()", "flash"]
    programs: Programs = request.getfixturevalue("programs")
    programs.add("iceprog", "/bin/sleep 60")
    environment = os.environ | {MARK: str(tmp_path)}
    process = subprocess.Popen(
        [*command, str(finished_build(tmp_path / "b"))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=interruptible,
    )
    while not (programs.folder / "iceprog.arguments").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert left_running(str(tmp_path)) == []
