"""Programs side by side: reports, errors in the order of the commands, and nothing left running."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bnngen.base.processes import ProgramError, run_programs, usable_cores

Heard = list[tuple[int, str, list[str]]]


def shell(*scripts: str) -> list[list[str]]:
    return [["/bin/sh", "-c", script] for script in scripts]


def run(tmp_path: Path, *scripts: str, at_once: int = 2, heard: Heard | None = None) -> list[dict[str, Any]]:
    lines: Heard = [] if heard is None else heard
    return run_programs(shell(*scripts), tmp_path, at_once, lambda *line: lines.append(line))


def children() -> set[str]:
    """Processes that this one has started and not yet waited for, whichever thread did."""
    return {
        child
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text().split()
    }


@pytest.fixture(autouse=True)
def _no_children_left() -> Iterator[None]:
    before = children()  # other tests' helpers may live as long as the test run
    yield
    assert children() <= before


@pytest.mark.parametrize("at_once", [1, 2, 9])
def test_reports_come_in_the_order_of_the_commands(tmp_path: Path, at_once: int) -> None:
    heard: Heard = []
    scripts = ["sleep 0.2; echo a 1; echo a 2 3", "echo b; printf 'a 4'", ""]
    assert run(tmp_path, *scripts, at_once=at_once, heard=heard) == [{"a": ["2", "3"]}, {"b": []}, {}]
    assert sorted(heard) == [(0, "a", ["1"]), (0, "a", ["2", "3"]), (1, "b", [])]


def test_a_line_in_two_pieces(tmp_path: Path) -> None:
    assert run(tmp_path, "printf 'done 1'; sleep 0.1; echo 23") == [{"done": ["123"]}]


def test_programs_run_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert run(tmp_path, "echo found *") == [{"found": ["here"]}]


@pytest.mark.parametrize("at_once", [1, 4])
def test_no_more_at_once_than_asked(tmp_path: Path, at_once: int) -> None:
    script = "touch $$.here; echo n $(ls | wc -l); sleep 0.1; rm $$.here"
    reports = run(tmp_path, *[script] * 4, at_once=at_once)
    assert max(int(report["n"][0]) for report in reports) == at_once


def test_the_first_failure_in_order_counts(tmp_path: Path) -> None:
    """Number 2 fails at once; 3 is killed for that, 4 is not started; 1 fails later, but comes first."""
    start = time.monotonic()
    scripts = [
        "sleep 0.3; echo x",
        "sleep 0.3; echo slow >&2; exit 7",
        "exit 8",
        "exec sleep 60",
        "touch started",
    ]
    with pytest.raises(ProgramError, match=r"^slow$") as caught:
        run(tmp_path, *scripts, at_once=4)
    assert caught.value.index == 1
    assert time.monotonic() - start < 30
    assert list(tmp_path.iterdir()) == []


def test_an_end_without_a_word(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"^the simulator ended with status 8$"):
        run(tmp_path, "exit 8")
    with pytest.raises(ProgramError, match=r"^the simulator ended with signal 9 \(SIGKILL\): the memory"):
        run(tmp_path, "kill -9 $$")


def test_much_output_on_both_sides(tmp_path: Path) -> None:
    """More than a pipe holds."""
    lines = "i=0; while [ $i -lt 9000 ]; do i=$((i+1)); echo line $i text; echo error $i >&2; done; exit 3"
    heard: Heard = []
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, lines, heard=heard)
    assert len(heard) == 9000
    assert str(caught.value).endswith("error 9000")


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_all(tmp_path: Path) -> None:
    def watch(index: int, kind: str, words: list[str]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)  # the signal arrives here

    with pytest.raises(KeyboardInterrupt):
        run_programs(shell(*["echo x; exec sleep 60"] * 3), tmp_path, 3, watch)


def test_a_program_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_programs([*shell("exec sleep 60"), ["./nothing"]], tmp_path, 2, lambda *line: None)


def test_usable_cores() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
