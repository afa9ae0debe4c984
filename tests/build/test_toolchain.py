"""Tools: found, run, logged, ended; and a folder that never holds half a result."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from bnngen.build.toolchain import TOOLS, YOSYS, MissingToolError, Tool, ToolError, staging

TOOL = Tool("some-tool", "some-package")


def script(path: Path, body: str) -> Path:
    """An executable Python program."""
    path.write_text(f"#!{sys.executable}\nimport sys, os, time\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def use(monkeypatch, tmp_path):
    """Makes TOOL a program with this body."""

    def install(body: str) -> Tool:
        monkeypatch.setenv("SOME_TOOL", str(script(tmp_path / "program", body)))
        return TOOL

    return install


class TestFind:
    def test_variable_first(self, use, tmp_path):
        assert use("").find() == tmp_path / "program"

    def test_variable_that_names_nothing(self, monkeypatch):
        monkeypatch.setenv("SOME_TOOL", "/no/such/program")
        with pytest.raises(MissingToolError, match="SOME_TOOL names '/no/such/program', which is no program"):
            TOOL.find()

    def test_beside_python_before_path(self, monkeypatch, tmp_path):
        monkeypatch.delenv("SOME_TOOL", raising=False)
        beside, path = tmp_path / "beside", tmp_path / "path"
        for folder in (beside, path):
            folder.mkdir()
        monkeypatch.setattr(sys, "executable", str(beside / "python"))
        monkeypatch.setenv("PATH", str(path))
        real = Path(os.path.realpath("/usr/bin/env"))
        (path / "some-tool").symlink_to(real)
        assert TOOL.find() == path / "some-tool"
        (path / "yowasp-some-tool").symlink_to(real)
        assert TOOL.find() == path / "yowasp-some-tool"
        (beside / "yowasp-some-tool").symlink_to(real)
        assert TOOL.find() == beside / "yowasp-some-tool"

    def test_missing(self, monkeypatch):
        monkeypatch.delenv("SOME_TOOL", raising=False)
        with pytest.raises(
            MissingToolError, match=r"^some-tool is not installed: pip install 'bnngen\[fpga\]'"
        ):
            TOOL.find()
        assert MissingToolError.exit_status == 3

    def test_variables(self):
        assert TOOLS["nextpnr-ice40"].variable == "NEXTPNR_ICE40"


class TestVersion:
    def test_first_line(self, use):
        body = "print('Preparing to run x. This might take a while...'); print('\"tool\" 1.2'); print('more')"
        assert use(body).version() == "tool 1.2"

    def test_none(self):
        assert TOOLS["icepack"].version() == "icepack"

    def test_yosys(self):
        assert YOSYS.version().startswith("Yosys 0.")


class TestRun:
    def test_log_and_folder(self, use, tmp_path):
        tool = use("print(os.getcwd(), sys.argv[1:]); print('warn', file=sys.stderr)")
        text = tool.run(["a", "b"], tmp_path, tmp_path / "x.log")
        assert sorted(text.splitlines()) == sorted([f"{tmp_path} ['a', 'b']", "warn"])
        assert (tmp_path / "x.log").read_text() == text

    def test_failure_shows_the_error_lines(self, use, tmp_path):
        tool = use("print('fine'); print('ERROR: broken'); print('bye'); sys.exit(7)")
        with pytest.raises(ToolError, match=r"^some-tool failed \(exit status 7\): ERROR: broken$") as caught:
            tool.run([], tmp_path, tmp_path / "x.log")
        assert caught.value.log == (tmp_path / "x.log").read_text() == "fine\nERROR: broken\nbye\n"
        assert ToolError.exit_status == 1

    def test_failure_without_error_lines_shows_the_last(self, use, tmp_path):
        tool = use("for n in range(20): print('line', n)\nsys.exit(1)")
        with pytest.raises(ToolError, match=r": line 12\nline 13\n(.*\n)*line 19$"):
            tool.run([], tmp_path, tmp_path / "x.log")

    def test_silent_failure(self, use, tmp_path):
        with pytest.raises(ToolError, match="it printed nothing"):
            use("sys.exit(1)").run([], tmp_path, tmp_path / "x.log")

    def test_signal(self, use, tmp_path):
        with pytest.raises(ToolError, match="ended by signal 9"):
            use("os.kill(os.getpid(), 9)").run([], tmp_path, tmp_path / "x.log")

    def test_first_use_is_told(self, use, tmp_path):
        said = []
        tool = use("print('Preparing to run some-tool. This might take a while...', file=sys.stderr)")
        tool.run([], tmp_path, tmp_path / "x.log", said.append)
        assert said == ["first use of some-tool: compiling it for this machine, once, up to half a minute"]

    def test_interrupt_ends_the_program(self, use, tmp_path):
        tool = use("print(os.getpid(), flush=True); time.sleep(60)")
        log = tmp_path / "x.log"

        def interrupt():
            time.sleep(1)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        threading.Thread(target=interrupt).start()
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            tool.run([], tmp_path, log)
        assert time.monotonic() - start < 30
        with pytest.raises(ProcessLookupError):
            os.kill(int(log.read_text()), 0)


class TestStaging:
    def test_success_moves_the_products(self, tmp_path):
        out = tmp_path / "a" / "out"
        with staging(out, ["x", "y", "z.log"]) as work:
            (work / "x").write_text("1")
            (work / "z.log").write_text("2")
            (work / "scratch").write_text("3")
            assert not (out / "x").exists()
        assert sorted(path.name for path in out.iterdir()) == ["x", "z.log"]

    @pytest.mark.parametrize("error", [ToolError("no", ""), KeyboardInterrupt()])
    def test_failure_leaves_logs_only(self, tmp_path, error):
        (tmp_path / "x").write_text("an older result")
        (tmp_path / "other").write_text("not ours")

        def work_until_it_fails() -> None:
            with staging(tmp_path, ["x", "z.log"]) as work:
                assert not (tmp_path / "x").exists()
                (work / "x").write_text("half")
                (work / "z.log").write_text("why")
                raise error

        with pytest.raises(type(error)):
            work_until_it_fails()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "z.log"]
