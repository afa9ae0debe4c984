"""The search for the sub-networks that a board takes: evolution over what they reach and what they cost.

NSGA-II (Deb et al. 2002) proposes genes; the scheduler plans each network for the board, the predictor says
how well it does. Networks that don't fit are never better than those that do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import optuna

from bnngen.reports.sub_networks import SubnetRecord
from bnngen.study.samplers import nsga2
from bnngen.study.study import Entry, Found, Params, Search, Trial, Work, open_study
from bnngen.supernet.cost import cost_on
from bnngen.supernet.predictor import Predictor
from bnngen.supernet.run import Supernet
from bnngen.train.hardware import DIGITS, BoardTarget


class SpecializeWatcher:
    """What is told while a search runs; does nothing itself."""

    def tried(self, done: int, total: int, best: SubnetRecord | None) -> None:
        """``done`` of ``total`` networks are planned; the ``best`` of those that fit."""

    def judged(self, done: int, total: int) -> None:
        """``done`` of ``total`` finalists are judged."""

    def waits(self, count: int) -> None:
        """Other workers are at ``count`` networks, and there is nothing else to do."""


@dataclass(frozen=True, eq=False)
class Specialist:
    """The search in ``supernet`` for networks that fit ``target``; workers with one ``storage`` share it."""

    supernet: Supernet
    target: BoardTarget
    trials: int
    storage: str | None
    watcher: SpecializeWatcher

    def run(self) -> list[SubnetRecord]:
        """The networks that fit, each once, in the order in which they were found."""
        space = self.supernet.space
        fitting: list[SubnetRecord] = []

        def evaluate(params: Params, number: int) -> Found:
            found = self._evaluate(space.canonical(space.largest | dict(params)))
            if found.record:
                fitting.append(_candidate(number + 1, found.record))
            best = max(fitting, key=lambda c: c.accuracy, default=None)
            self.watcher.tried(number + 1, self.trials, best)
            return found

        work = Work(
            suggest=lambda trial, number: self._suggest(trial),
            evaluate=evaluate,
            key=lambda params: json.dumps(space.canonical(space.largest | dict(params))),
            waits=self.watcher.waits,
        )
        directions = ("maximize", "minimize", "minimize", "maximize")
        found: dict[str, SubnetRecord] = {}
        for trial in self.share("", directions, self.trials, work):
            if trial.found.record:
                record = _candidate(trial.number + 1, trial.found.record)
                found.setdefault(json.dumps(record.genes), record)
        return list(found.values())

    @cached_property
    def predictor(self) -> Predictor:
        """What tells the accuracy of networks that were not judged."""
        return Predictor(self.supernet.space, self.supernet.judged, self.seed)

    @property
    def seed(self) -> int:
        """That of the supernet's recipe."""
        return self.supernet.space.recipe.train.seed

    def _suggest(self, trial: optuna.Trial) -> None:
        for gene in self.supernet.space.free:
            trial.suggest_categorical(gene, self.supernet.space.choices[gene])

    def _evaluate(self, genes: dict[str, int]) -> Found:
        """Accuracy, block RAMs, LUTs and frames/s; of what does not fit the bits of its weights, of which
        there are too many."""
        accuracy = float(self.predictor.predict([genes])[0])
        cost = cost_on(self.supernet.material, genes, self.target)
        if cost is None:
            too_many = genes["weight_bits"] * self.supernet.material.weight_count(genes)
            return Found((accuracy, 0, 0, 0), (float(too_many),))
        record = {"genes": genes, "predicted_accuracy": accuracy, **asdict(cost)}
        return Found((accuracy, cost.bram, cost.lut, cost.fps), (0.0,), record)

    def share(self, part: str, directions: Sequence[Any], count: int, work: Work) -> list[Trial]:
        """What all workers have found of a part of the search."""
        name = f"specialize {self.target.name}{part}"
        search = Search(name, self._question(), tuple(directions), self.seed, nsga2())
        with open_study(search, self.storage) as study:
            return study.run(count, work)

    def _question(self) -> Mapping[str, Entry]:
        key = self.supernet.space.recipe.key
        judged = json.dumps([asdict(j) for j in self.supernet.judged])
        return {
            "bnngen": version("bnngen"),
            "supernet": hashlib.sha256((key + judged).encode()).hexdigest()[:DIGITS],
            "board": self.target.digest,
            "fps": str(self.target.rate),
        }


def _candidate(number: int, record: Mapping[str, Any]) -> SubnetRecord:
    return SubnetRecord(number=number, **record)
