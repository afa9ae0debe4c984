"""The tutorials: each command of their pages does, as it stands there, what the page says, down to the names."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import Cli

from bnngen.host.board import board_of
from bnngen.host.rows import load_rows
from bnngen.reference.data_file import load_data
from bnngen.toolflow.kept_model import kept_model
from tests.host.generated.designs import Programs, programs_in

EXAMPLES = Path(__file__).parents[2] / "examples"
INSTALLING = {"sudo", "python3", ".", "pip"}
"""Programs that a reader runs once, in front of the tutorial."""
CLASSES = {
    "fan": {"blocked", "loose", "ok", "unbalanced"},
    "pictures": {"nut", "pin", "screw", "washer"},
    "sound": {"beep_down", "beep_up", "knock", "silence"},
}
ROWS = {"fan": [60, 120], "pictures": [40], "sound": [40]}
"""What is asked of the virtual board, by each ``run`` of the page."""
LEAST_RIGHT = 0.85
"""Another CPU rounds differently, and its training takes another path."""
PORT = "7000"
"""The TCP port of the pages; here it is another one, which is free."""


@dataclass
class Step:
    """The commands of a block, and the lines that the page shows behind it of what they say."""

    commands: list[list[str]]
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Said:
    """What a command has printed on standard output and on standard error."""

    command: list[str]
    out: str
    err: str


def page(name: str) -> str:
    return (EXAMPLES / name / "README.md").read_text(encoding="utf-8")


def blocks(name: str, kind: str = r"\w+") -> list[tuple[str, str]]:
    """The kind and the contents of the fenced blocks."""
    return re.findall(rf"^```({kind})\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def steps(name: str, port: str) -> list[Step]:
    found: list[Step] = []
    for kind, block in blocks(name):
        text = block.replace(PORT, port)
        if kind == "sh":
            lines = [shlex.split(line) for line in text.replace("\\\n", " ").splitlines()]
            found.append(Step([line for line in lines if line[0] not in INSTALLING]))
        elif kind == "python":
            found.append(Step([["python", "-c", text]]))
        elif kind == "text":
            found[-1].shown.extend(text.splitlines())
    return found


def said(text: str) -> str:
    """The text without what depends on the machine: its numbers, frames of tables, and the width of the screen."""
    return " ".join(re.sub(r"\d[\d,.]*", "#", re.sub(r"[^\x00-\x7f]", " ", text)).split())


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples in it, where the commands run."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def port() -> str:
    """A TCP port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)


@contextmanager
def served(arguments: list[str]) -> Iterator[None]:
    """``bnngen serve`` in a terminal of its own."""
    program = "from bnngen.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("the board listens")
        yield
        process.send_signal(signal.SIGTERM)


def follow(name: str, cli: Cli, port: str, until: str | None) -> Iterator[Said]:
    """Run the page's commands in order, builds up to the step ``until``."""
    with ExitStack() as terminals:
        for step in steps(name, port):
            heard, whole = "", True
            for program, *arguments in step.commands:
                if program == "python":
                    done = python(*arguments)
                    out, err = done.stdout, done.stderr
                elif arguments[0] == "serve":
                    terminals.enter_context(served(arguments))
                    continue
                else:
                    assert program == "bnngen"
                    shortened = until is not None and arguments[0] == "build"
                    status, out, err = cli(*arguments, *(["--until", until] if shortened else []))
                    assert status == 0, f"bnngen {' '.join(arguments)}\n{err}"
                    whole = whole and not shortened
                heard += out + err
                yield Said([program, *arguments], out, err)
            missing = [line for line in step.shown if said(line) not in said(heard)]
            assert not whole or not missing, f"not in what bnngen says:\n{heard}"


@pytest.mark.train
@pytest.mark.parametrize("until", ["verilog", pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CLASSES)
def test_to_the_answers_of_the_board(
    capsys: pytest.CaptureFixture[str], clone: Path, port: str, name: str, until: str | None
) -> None:
    """Names, of all classes; no answer differs from the golden model, whoever asks; most are right."""
    asked, hosts = [], []
    for found in follow(name, Cli(capsys), port, until):
        if found.command[1] == "run":
            answers, differing, correct = figures(found.err)
            assert len(found.out.splitlines()) == answers
            assert set(found.out.splitlines()) == CLASSES[name]
            assert differing == 0
            assert correct >= LEAST_RIGHT * answers
            asked.append((answers, found.out))
        if found.command[1].endswith("bnn_host.py"):
            hosts.append(found.out)
    assert [answers for answers, _ in asked] == ROWS[name]
    assert hosts == ([asked[0][1]] if name == "fan" else [])
    (build,) = clone.glob("out/*/build")
    assert (build / "pnr" / "top.bin").exists() == (until is None)
    each_program_asks(build, clone)


def figures(summary: str) -> tuple[int, ...]:
    """Of the last line of ``run``: answers, those that differ, and those that are right."""
    pattern = r"([\d,]+) answers in .*; ([\d,]+) differ from the golden model; ([\d,]+) correct"
    found = re.search(pattern, " ".join(summary.split()))
    assert found is not None
    return tuple(int(number.replace(",", "")) for number in found.groups())


def each_program_asks(build: Path, scratch: Path) -> None:
    """The three programs that a build writes ask the virtual board about all rows of the test part, and of a
    table about the new ones; all hear the golden model's integers."""
    network, _ = kept_model(build)
    found = programs_in(build, network, scratch)
    test = load_data(build.parent / "test.npz", network)
    frames, codes = by_all(found, "pack", test.codes.reshape(len(test.codes), -1).tolist()), [test.codes]
    if network.names.columns:
        new = EXAMPLES / "fan" / "new.csv"
        frames += by_all(found, "frame_of", found.python.rows_of(new))
        codes.append(load_rows(new, network).data.codes)
    golden = network.run(np.concatenate(codes)).tolist()
    with board_of(build / "rtl") as board:
        assert found.asked(board.port, frames, 3) == dict.fromkeys(("c", "micropython", "python"), golden)


def by_all(found: Programs, function: str, given: list[Any]) -> list[bytes]:
    """The frames that this function of the programs makes: all three the same."""
    python, micropython, c = (
        [getattr(program, function)(values) for values in given]
        for program in (found.python, found.micropython, found.c)
    )
    assert python == micropython == c
    return python


def test_the_tables_of_the_fan_are_what_the_script_makes(tmp_path: Path) -> None:
    python(str(EXAMPLES / "fan" / "make_data.py"), "--out", str(tmp_path))
    for name in ("fan.csv", "new.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLES / "fan" / name).read_bytes()


def test_the_page_shows_lines_of_the_table() -> None:
    ((_, block),) = blocks("fan", "csv")
    lines = (EXAMPLES / "fan" / "fan.csv").read_text(encoding="utf-8").splitlines()
    assert lines[: block.count("\n")] == block.splitlines()


def test_pictures_are_the_same_at_every_run() -> None:
    names = runpy.run_path(str(EXAMPLES / "pictures" / "make_pictures.py"))
    first, second, other = (
        np.asarray(names["picture"]("screw", np.random.default_rng(seed))) for seed in (0, 0, 1)
    )
    assert (first.shape, first.dtype) == ((24, 24), np.uint8)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_tone_is_loud_in_its_band(tmp_path: Path) -> None:
    """From the WAV file to the features."""
    sounds, names = (
        runpy.run_path(str(EXAMPLES / "sound" / f"{name}.py")) for name in ("make_sounds", "features")
    )
    tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(4000) / 8000)
    sounds["write"](tmp_path / "tone.wav", tone.astype(np.int16))
    found = names["features"](names["read"](tmp_path / "tone.wav"))
    assert (found.shape, found.dtype) == ((30, 8), np.uint8)
    band = np.searchsorted(names["EDGES"] * 31.25, 1000, side="right") - 1
    assert (found.argmax(axis=1) == band).all()
