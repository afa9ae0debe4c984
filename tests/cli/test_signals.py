"""Commands that are ended at random moments, by a signal to them alone: nothing keeps running, no file is half
written, and the same command then works as if nothing had been."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.signals import MARK, SIGNALS, drawn_moments, interruptible, left_running
from support.supernets import RECIPE as SUPERNET

from bnngen import cli
from bnngen.base.cache import cache_root
from bnngen.base.files import UNFINISHED
from bnngen.base.owned import LIST

COMMAND = [sys.executable, "-c", "from bnngen.cli import main; main()"]
MOMENTS = 5
"""For each of the commands."""
RECIPE = """\
[data]
name = "digits"
[model]
architecture = "mlp"
widths = [16]
{precision}
[train]
epochs = 4
"""
IN_FLOAT = "weight_bits = 32\nact_bits = 32\ninput_bits = 32"
READERS: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_text()),
    ".jsonl": lambda path: [json.loads(line) for line in path.read_text().splitlines()],
    ".toml": lambda path: tomllib.loads(path.read_text()),
    ".onnx": onnx.load,
    ".npz": lambda path: dict(np.load(path)),
}
"""What must be whole, and is only if it can be read."""


@dataclass(frozen=True)
class Place:
    """The folder of one command's runs: its results are in ``out``."""

    folder: Path
    arguments: tuple[object, ...]
    result: str
    """What the same command always writes byte by byte, beside what tells of time."""

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def fresh(self) -> None:
        """Removes what all runs before have left, results in the cache too."""
        for name in ("out", "scratch", "cache/bnngen"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in ("out", "scratch", "cache"):
            (self.folder / name).mkdir(exist_ok=True)
        for name in ("YoWASP", "wasmtime"):  # takes a minute to make, and is of others
            (cache_root().parent / name).mkdir(parents=True, exist_ok=True)
            if not (self.folder / "cache" / name).exists():
                (self.folder / "cache" / name).symlink_to(cache_root().parent / name)

    def start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            MARK: str(self.folder),
            "TMPDIR": str(self.folder / "scratch"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return subprocess.Popen(
            [*COMMAND, *map(str, self.arguments)],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=interruptible,
        )

    def run(self) -> None:
        """To the end."""
        process = self.start()
        _, errors = process.communicate()
        assert process.returncode == 0, errors

    def files(self) -> set[str]:
        """What is there, apart from what is in the making."""
        found = [path.relative_to(self.out) for path in self.out.rglob("*") if path.is_file()]
        return {p.as_posix() for p in found if not any(UNFINISHED.fullmatch(part) for part in p.parts)}

    def check_whole(self) -> None:
        """Every file can be read, and the lists name them all."""
        files = self.files()
        for name in files:
            READERS.get(Path(name).suffix, Path.read_bytes)(self.out / name)
        lists = {name for name in files if Path(name).name == LIST}
        if self.result != "q.onnx":  # a single file that the user names is on no list
            listed = {
                (Path(name).parent / file).as_posix()
                for name in lists
                for file in json.loads((self.out / name).read_text())["files"]
            }
            assert files - lists <= listed


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, digits: Path) -> Place:
    """For one of the `COMMANDS`, with what it reads."""
    (tmp_path / "r.toml").write_text(RECIPE.format(precision=""))
    (tmp_path / "float.toml").write_text(RECIPE.format(precision=IN_FLOAT))
    (tmp_path / "supernet.toml").write_text(SUPERNET)
    model, small = digits / "digits_1w1a.onnx", ("--board", "icebreaker", "--fps", 1000)
    search = ("--trials", 2, "--epochs", 2, "--finalists", 1)
    arguments: dict[str, tuple[object, ...]] = {
        "build": (model, *small, "--until", "synth", "--out", "out"),
        "train": ("r.toml", "--out", "out"),
        "compress": (model, "--recipe", "r.toml", *small, *search, "--out", "out"),
        "quantize": ("float_run", "--out", "out/q.onnx"),
        "supernet": ("supernet.toml", "--out", "out"),
        "specialize": ("super", *small, "--trials", 6, "--finalists", 2, "--epochs", 1, "--out", "out"),
    }
    command = request.param
    if command == "quantize":
        Place(tmp_path, ("train", "float.toml", "--out", "float_run"), "").run()
    if command == "specialize":
        Place(tmp_path, ("supernet", "supernet.toml", "--out", "super"), "").run()
    results = {"build": "rtl/bnn_accelerator.v", "quantize": "q.onnx", "supernet": "judged.json"}
    result = results.get(command, "model.onnx")
    return Place(tmp_path, (command, *arguments[command]), result)


def end(process: subprocess.Popen[str], number: int) -> None:
    """Sends the signal to it alone; it ends as that is told, or had come to its own end before."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    # Python itself answers before the command line is there, and behind its end
    assert process.returncode in (0, 130, -number) or "KeyboardInterrupt" in errors, errors
    if process.returncode == 130:
        assert "interrupted; the results of the steps before are kept" in errors
        assert "Traceback" not in errors


COMMANDS = [
    "build",
    *(
        pytest.param(name, marks=pytest.mark.train)
        for name in ("train", "compress", "quantize", "supernet", "specialize")
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("place", COMMANDS, indirect=True)
def test_a_signal_at_any_moment(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    moments = drawn_moments(capsys)
    place.fresh()
    start = time.monotonic()
    place.run()
    seconds = time.monotonic() - start
    files, result = place.files(), (place.out / place.result).read_bytes()
    for number in islice(cycle(SIGNALS), MOMENTS):
        place.fresh()
        process = place.start()
        moment = moments.uniform(0, seconds)
        time.sleep(moment)
        end(process, number)
        with capsys.disabled():
            print(f"{number.name} after {moment:.2f} of {seconds:.2f} s: status {process.returncode}")
        assert left_running(str(place.folder)) == []
        place.check_whole()
        place.run()
        place.check_whole()
        assert place.files() == files
        assert (place.out / place.result).read_bytes() == result


def test_a_package_may_make_another_error_of_a_signal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As torch does where a signal comes in the middle of its import."""

    def half_imported(*_: object) -> None:
        with contextlib.suppress(KeyboardInterrupt):
            cli._interrupt(signal.SIGTERM, None)
        raise AttributeError("partially initialized module 'torch' has no attribute 'nn'")

    monkeypatch.setattr(cli, "interrupts", [])
    monkeypatch.setattr(cli, "_check", half_imported)
    assert cli.run(["boards"]) == cli.INTERRUPTED
    assert "interrupted; the results" in capsys.readouterr().err
    monkeypatch.setattr(cli, "interrupts", [])
    monkeypatch.setattr(cli, "_check", lambda _: 1 / 0)
    assert cli.run(["boards"]) == cli.UNUSABLE
