"""A worker of a study, as a process: ``worker.py ADDRESS COUNT FOLDER NAME [SECONDS [FATE]]``.

An evaluation takes so many seconds. Its parameters are written to FOLDER/NAME.jsonl as it begins; what the
study holds at the end, to standard output. FATE "dies in NUMBER": killed in the middle of that trial's
suggestions or of its evaluation.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import optuna

from bnngen.study.beats import Pace
from bnngen.study.study import Found, Params, Search, Work, open_study

SEARCH = Search("shared", {"question": "how large?"}, seed=5)
PACE = Pace(seconds=0.1, missed=15)


def main(address: str, count: str, folder: str, name: str, seconds: str = "0", *fate: str) -> None:
    """Take part."""
    log = Path(folder) / f"{name}.jsonl"

    def die(place: str, number: int) -> None:
        if fate == (place, str(number)):
            os.kill(os.getpid(), signal.SIGKILL)

    def suggest(trial: optuna.Trial, number: int) -> None:
        kind = trial.suggest_categorical("kind", ["wide", "deep"])
        die("suggest", number)
        if kind == "deep":
            trial.suggest_int("depth", 1, 1000)
        trial.suggest_float("width", 0, 1)

    def evaluate(params: Params, number: int) -> Found:
        with log.open("a") as file:
            file.write(json.dumps([number, dict(params)]) + "\n")
        time.sleep(float(seconds))
        die("evaluate", number)
        return Found((params["width"] * params.get("depth", 300),), record={"by": name})

    with open_study(SEARCH, address, PACE) as study:
        found = study.run(int(count), Work(suggest, evaluate))
    print(json.dumps([[t.number, dict(t.params), t.found.values, dict(t.found.record)] for t in found]))


if __name__ == "__main__":
    main(*sys.argv[1:])
