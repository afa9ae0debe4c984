"""Several processes at one study, of which some are killed: nothing is lost, and nobody waits for the dead."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna
import pytest

from bnngen.study.storage import opened

pytestmark = pytest.mark.train

WORKER = Path(__file__).with_name("worker.py")
COUNT = 14


def start(address: str, folder: Path, name: str, *fate: object) -> subprocess.Popen[str]:
    arguments = map(str, (address, COUNT, folder, name, *fate))
    return subprocess.Popen(
        [sys.executable, WORKER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def result(process: subprocess.Popen[str]) -> list[Any]:
    """What the worker has returned."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    found: list[Any] = json.loads(out)
    return found


def begun(folder: Path, name: str) -> list[Any]:
    """The evaluations that a worker has begun: number and parameters."""
    path = folder / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def states(address: str) -> dict[str, int]:
    """How many trials of each state the storage holds."""
    with opened(address) as store:
        trials = optuna.load_study(study_name="shared", storage=store.storage).get_trials()
    names = [trial.state.name for trial in trials]
    return {name: names.count(name) for name in set(names)}


@pytest.fixture(params=["journal", "sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"journal": f"{tmp_path}/s.log", "sqlite": f"sqlite:///{tmp_path}/s.db"}[request.param]


def test_four_workers_of_which_one_is_killed(address: str, tmp_path: Path) -> None:
    victim = start(address, tmp_path, "victim", 3600)
    others = [start(address, tmp_path, name, 0.2) for name in "abc"]
    while not (lost := begun(tmp_path, "victim")):
        assert victim.poll() is None
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()

    first, *more = (result(process) for process in others)
    assert more == [first, first]
    assert [number for number, *_ in first] == list(range(COUNT))
    found = states(address)
    assert found.pop("COMPLETE") == COUNT
    assert set(found) == {"FAIL"}  # none runs, none waits
    ((number, params),) = lost
    assert first[number][1] == params  # somebody else has done it
    assert first[number][3]["by"] in "abc"
    tried = {json.dumps(entry) for name in "abc" for entry in begun(tmp_path, name)}
    assert {json.dumps([n, params]) for n, params, *_ in first} == tried


@pytest.mark.parametrize("place", ["suggest", "evaluate"])
def test_one_that_is_killed_and_starts_again_finds_the_same(place: str, tmp_path: Path) -> None:
    whole = result(start(f"{tmp_path}/whole.log", tmp_path, "w"))
    address = f"{tmp_path}/parts.log"
    for number in (3, 11):  # TPE draws at random until ten are finished
        killed = start(address, tmp_path, "w", 0, place, number)
        assert killed.wait(60) == -signal.SIGKILL
        killed.communicate()
    assert result(start(address, tmp_path, "w")) == whole
    assert states(address) == {"COMPLETE": COUNT, "FAIL": 2}
