"""Hooks and make targets name programs that are there."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_hooks_run_the_programs_of_the_environment() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (local,) = hooks["repos"]
    assert local["repo"] == "local"
    assert len(local["hooks"]) == 3
    for hook in local["hooks"]:
        program, *arguments = shlex.split(hook["entry"])
        assert program.startswith(".venv/bin/")
        path = Path(sys.executable).parent / Path(program).name
        assert hook["language"] == "system"
        assert subprocess.run([path, *arguments, "--help"], capture_output=True, check=False).returncode == 0


def test_each_python_gets_an_environment_of_its_own() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", "test-pythons"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    calls = [line for line in done.stdout.splitlines() if " -m pytest " in line]
    folders = [call.split("/bin/python")[0] for call in calls]
    assert folders
    assert folders == sorted({*folders} & {f".venv-3.{minor}" for minor in range(11, 15)})
