"""Every file with tests is collected by the calls of the Makefile: pytest passes over some names in silence."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.training import is_for_training

ROOT = Path(__file__).parents[1]
PATHS = [path for pattern in ("test_*.py", "*_test.py") for path in (ROOT / "tests").rglob(pattern)]


def call_of(target: str) -> list[str]:
    """What the Makefile's target gives to pytest."""
    # those are of a make that runs this test
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", target]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if " -m pytest " in line]
    return shlex.split(line.split(" -m pytest ", 1)[1])


def collected(target: str, *options: str) -> set[str]:
    """The files whose tests the Makefile's target collects, with ``options`` behind its own."""
    command = [sys.executable, "-m", "pytest", *call_of(target), *options, "--collect-only", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.split("::")[0] for line in done.stdout.splitlines() if "::" in line}


def names(paths: list[Path]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in paths}


def test_every_file_without_torch_is_collected() -> None:
    """The slow tests too: a file may hold no others."""
    files = names([path for path in PATHS if not is_for_training(path)])
    assert sorted(files - collected("test", "-m", "not train")) == []


@pytest.mark.train
def test_every_file_is_collected() -> None:
    assert sorted(names(PATHS) - collected("test-all")) == []


@pytest.mark.parametrize("train", [False, True])
def test_one_of_two_targets_runs_a_quick_test(train: bool) -> None:
    calls = [call_of(target) for target in ("test", "test-train")]
    expressions = [call[call.index("-m") + 1] for call in calls]
    assert sum(eval(expression, {"slow": False, "train": train}) for expression in expressions) == 1
