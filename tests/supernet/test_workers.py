"""Four processes that search for one board together; one of them is killed in the middle of a network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from bnngen.study.storage import opened
from bnngen.supernet.run import train_supernet

pytestmark = pytest.mark.train

COMMAND = [sys.executable, "-c", "from bnngen.cli import main; main()", "specialize"]
TRIALS, FINALISTS = 24, 3


def start(folder: Path, storage: str, out: str) -> subprocess.Popen[str]:
    target = ("--board", "icebreaker", "--fps", "2000", "--storage", storage)
    effort = ("--trials", str(TRIALS), "--finalists", str(FINALISTS))
    return subprocess.Popen(
        [*COMMAND, "super", *target, *effort, "--out", out],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def states(storage: str) -> Counter[str]:
    """How many trials of each state there are, of the search and of the finals."""
    with opened(storage) as store:
        studies = optuna.get_all_study_summaries(store.storage)
        loaded = [optuna.load_study(study_name=s.study_name, storage=store.storage) for s in studies]
        return Counter(trial.state.name for study in loaded for trial in study.get_trials())


def stop_at_work(process: subprocess.Popen[str], storage: str) -> None:
    """Make the worker stand still while a network is its own to plan; no other worker may run."""
    while process.poll() is None:
        process.send_signal(signal.SIGSTOP)
        if Path(storage).exists() and states(storage)["RUNNING"]:
            return
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError(process.stderr and process.stderr.read())


@pytest.mark.slow
def test_four_workers_of_which_one_is_killed(supernet_path: Callable[..., Path], tmp_path: Path) -> None:
    train_supernet(supernet_path(), tmp_path / "super")
    storage = str(tmp_path / "study.log")
    victim = start(tmp_path, storage, "victim")
    stop_at_work(victim, storage)
    others = [start(tmp_path, storage, name) for name in "abc"]
    while states(storage)["COMPLETE"] < TRIALS // 2:
        time.sleep(0.1)
    os.kill(victim.pid, signal.SIGKILL)
    victim.communicate()

    for process in others:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    found = states(storage)
    assert found.pop("COMPLETE") == TRIALS + FINALISTS
    assert found == {"FAIL": 1}  # the victim's, which another has made again
    for name in ("model.onnx", "candidates.json", "specialize.html"):
        assert len({(tmp_path / out / name).read_bytes() for out in "abc"}) == 1
    assert not (tmp_path / "victim" / "model.onnx").exists()
