"""Programs end with all that they have started: by themselves, on errors, interrupts, and when we are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from support.signals import MARK, SIGNALS, drawn_moments, interruptible, left_running, marked_processes

from bnngen.base import program
from bnngen.base.program import ask, ending_signal, how_it_ended, run_by_line, run_into, running

TOO_LONG_S = 20
"""What sleeps for a minute has been ended if it takes less."""


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


@pytest.fixture(autouse=True)
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """In the environment of everything that a test starts; nothing of it is left."""
    monkeypatch.setenv(MARK, str(tmp_path))
    yield str(tmp_path)
    assert marked_processes(str(tmp_path)) == []


@pytest.fixture
def quick() -> Iterator[None]:
    """The test takes no minute."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < TOO_LONG_S


class TestAnswers:
    def test_the_status(self) -> None:
        assert [run_into(subprocess.DEVNULL, shell(script)) for script in ("exit 7", "kill -9 $$")] == [7, -9]
        assert how_it_ended(7) == "exit status 7"
        assert how_it_ended(-15) == "ended by signal 15 (SIGTERM)"
        assert ending_signal(-9) == "signal 9 (SIGKILL): the memory ran out, or someone ended it"
        assert ending_signal(-250) == "signal 250"

    def test_both_outputs_apart(self) -> None:
        answer = ask(shell("read line; echo $line 2; echo no >&2; exit 3"), text="1\n")
        assert (answer.status, answer.output, answer.errors) == (3, "1 2\n", "no\n")

    def test_more_than_a_pipe_holds(self) -> None:
        text = "a line\n" * 100_000
        answer = ask(shell("tee /dev/stderr"), text=text)
        assert answer.output == answer.errors == text

    def test_both_outputs_in_a_file(self, tmp_path: Path) -> None:
        with (tmp_path / "log").open("w") as file:
            assert run_into(file, shell("pwd; echo $WORD >&2"), tmp_path, {"WORD": "fine"}) == 0
        assert (tmp_path / "log").read_text() == f"{tmp_path}\nfine\n"

    def test_no_input(self) -> None:
        assert run_into(subprocess.DEVNULL, shell("read line")) == 1

    def test_a_program_that_cannot_start(self) -> None:
        with pytest.raises(FileNotFoundError):
            ask(["./nothing"])


class TestLines:
    def heard(self, script: str) -> list[str]:
        lines: list[str] = []
        assert run_by_line(lines.append, shell(script)) == 0
        return lines

    def test_both_outputs_in_order(self) -> None:
        assert self.heard("echo a; echo b >&2; printf c") == ["a\n", "b\n", "c"]

    def test_none(self) -> None:
        assert self.heard("") == []

    def test_any_ends_of_lines_and_any_bytes(self) -> None:
        assert self.heard(r"printf 'a\r\nb\rc\n\n\377\303'") == ["a\n", "b\n", "c\n", "\n", "\ufffd\ufffd"]

    def test_a_character_in_two_pieces(self) -> None:
        assert self.heard(r"printf '\303'; sleep 0.2; printf '\244\n'") == ["ä\n"]

    def test_at_once(self, tmp_path: Path) -> None:
        """The program goes on only when its line has been heard."""

        def hear(line: str) -> None:
            (tmp_path / "heard").touch()

        assert run_by_line(hear, shell("echo a; until [ -e heard ]; do sleep 0.01; done"), tmp_path) == 0

    def test_many(self) -> None:
        script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo $i; done"
        assert self.heard(script) == [f"{i + 1}\n" for i in range(20000)]

    @pytest.mark.usefixtures("quick")
    def test_something_else_keeps_the_output_open(self) -> None:
        assert self.heard("sleep 60 & echo a") == ["a\n"]


class TestEnd:
    """The fixture ``mark`` looks that nothing is left."""

    pytestmark = pytest.mark.usefixtures("quick")

    def test_what_a_program_leaves_behind(self) -> None:
        assert run_into(subprocess.DEVNULL, shell("sleep 60 & (trap '' TERM; sleep 60) & exit 3")) == 3

    def test_an_error_of_ours(self) -> None:
        def hear(line: str) -> None:
            raise RuntimeError(line)

        with pytest.raises(RuntimeError, match=r"^a$"):
            run_by_line(hear, shell("sleep 60 & echo a; sleep 60"))

    def test_a_block_that_ends_before_the_program(self) -> None:
        with running(shell("sleep 60")):
            pass

    def test_a_generator_that_is_closed(self) -> None:
        def pids() -> Generator[int, None, None]:
            with running(shell("sleep 60")) as process:
                yield process.pid

        generator = pids()
        os.kill(next(generator), 0)
        generator.close()

    def test_it_may_clean_up(self, tmp_path: Path) -> None:
        script = "touch mine; trap 'rm mine; exit' TERM; echo ready; sleep 60 & wait"
        with running(shell(script), tmp_path, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
        assert list(tmp_path.iterdir()) == []

    def test_a_child_that_outlives_its_parent_is_waited_for(self, tmp_path: Path) -> None:
        """Else it would write into a folder that is being removed."""
        script = "(trap '' TERM; echo ready; sleep 0.7; touch late) & wait"
        with running(shell(script), tmp_path, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
        assert (tmp_path / "late").exists()

    def test_the_patience_ends(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(program, "PATIENCE_S", 0.3)
        script = "trap '' TERM; echo ready; sleep 60; touch late"
        with running(shell(script), tmp_path, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
        assert process.returncode == -signal.SIGKILL

    @pytest.mark.usefixtures("interruptible")
    def test_ctrl_c_and_again(self) -> None:
        """The second one while the program takes its time."""

        def interrupt() -> None:
            for _ in range(2):
                time.sleep(0.5)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        start = time.monotonic()
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run_into(subprocess.DEVNULL, shell("trap '' TERM; sleep 60 & wait"))
        thread.join()
        assert time.monotonic() - start < program.PATIENCE_S

    def test_a_guard_that_was_killed(self) -> None:
        with running(shell("sleep 60 & sleep 60")) as process:
            os.kill(os.getpgid(process.pid), signal.SIGKILL)

    def test_open_files(self) -> None:
        """None of ours is left open, and a program has none of them."""
        before = os.listdir("/proc/self/fd")
        with running(shell("sleep 60"), stdout=subprocess.PIPE) as process:
            assert sorted(os.listdir(f"/proc/{process.pid}/fd")) == ["0", "1", "2"]
        assert os.listdir("/proc/self/fd") == before


MAIN = """
import sys, time
from bnngen.base.program import ask, run_by_line, run_into
from bnngen.base.processes import run_programs
from pathlib import Path
script = ["/bin/sh", "-c", "sleep 60 & sleep 60 & echo ready; sleep 60"]
{}
"""
WAYS = {
    "by line": "run_by_line(lambda line: print(line, flush=True), script)",
    "into a file": "run_into(1, script)",
    "side by side": "run_programs([script] * 3, Path(), 3, lambda i, kind, words: print(kind, flush=True))",
}


def start_main(code: str) -> subprocess.Popen[bytes]:
    """Another process with our runner."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN.format(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=interruptible,
    )


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", SIGNALS, ids=str)
def test_a_signal_to_the_main_process_alone(way: str, number: int, mark: str) -> None:
    with start_main(WAYS[way]) as main:
        assert main.stdout is not None
        main.stdout.readline()
        main.send_signal(number)
        main.wait()
        assert left_running(mark) == []


@pytest.mark.usefixtures("quick")
def test_signals_at_any_moment(mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a process that starts programs all the time."""
    moments = drawn_moments(capsys)
    code = "print(flush=True)\nwhile True: ask(['/bin/sh', '-c', 'sleep 60 & sleep 0.01'])"
    for number in SIGNALS * 4:
        with start_main(code) as main:
            assert main.stdout is not None
            main.stdout.readline()
            time.sleep(moments.uniform(0, 0.1))
            main.send_signal(number)
            main.wait()
            assert left_running(mark) == []
