"""The search: students that fit the board learn for a few epochs, the best of them to the end.

Optuna proposes the proportions of the layers, the bits of the activations and what a student begins as (TPE:
Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011); the scheduler says how large
such a network may be. Everything follows from the seed, and every student has a folder of its own, so a
search that was stopped goes on when the same command runs again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import optuna
import tomli_w

from bnngen.api import compile, load
from bnngen.base.errors import FitError
from bnngen.base.files import make_folder, write_text
from bnngen.base.owned import owned
from bnngen.compress.candidate import Candidate
from bnngen.compress.choices import Start, Starts
from bnngen.compress.sizes import Profile, largest
from bnngen.compress.start import Larger, find_larger
from bnngen.reports.results import RunRecord, SearchRecord, WinnerRecord
from bnngen.reports.search import FILES, write_report
from bnngen.schedule.budget import Rate
from bnngen.train.architectures import find_architecture
from bnngen.train.distill.teacher import read_teacher
from bnngen.train.hardware import fits_well, fitted
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import Recipe
from bnngen.train.run import FILES as RUN_FILES
from bnngen.train.run import load_prepared, train
from bnngen_boards.profile import Board

KEPT = ("model.onnx", "test.npz", "recipe.toml", "log.jsonl", "preprocessing.json")
"""What a search keeps of the winner's run."""
STUDENT = "student.toml"
"""The recipe of a student, in its folder."""
LEAST_PART = 0.25
"""No layer gets a smaller part of its own width than this, before all are scaled."""


class SearchWatcher:
    """What is told while students are tried; does nothing itself."""

    def tries(self, number: int, count: int) -> None:
        """Student ``number`` (from 1) of ``count`` begins to learn."""

    def learned(self, candidate: Candidate) -> None:
        """A student has learned."""


@dataclass(frozen=True)
class SearchTarget:
    """The board, by its name or path or as it is, and the frames a second."""

    board: str | Board
    rate: Rate = None

    @property
    def name(self) -> str:
        """What the board is called."""
        return self.board.name if isinstance(self.board, Board) else self.board


@dataclass(frozen=True)
class Effort:
    """``trials`` students learn for ``epochs`` epochs; ``finalists`` of them for as many as the recipe says.
    ``act_bits``: bits of activations to choose from; empty for the recipe's own. ``starts``: what students
    may begin as; "both" as far as they can."""

    trials: int = 12
    epochs: int = 3
    finalists: int = 2
    act_bits: tuple[int, ...] = ()
    starts: Starts = "both"


def compress(
    recipe: Recipe,
    target: SearchTarget,
    effort: Effort,
    out: Path,
    watcher: SearchWatcher | None = None,
    larger: Path | None = None,
) -> SearchRecord:
    """Find the student of ``recipe``'s architecture, at most as large, that learns most among those that fit
    ``target``. It may begin as the network of the run in the folder ``larger``, pruned; the recipe's
    ``train.start`` is that of a network of the full size, and no student's.

    Leaves in ``out`` what `bnngen.train.run.train` leaves for the winner, ``candidates.json`` and
    ``compress.html``; the students are in ``out``/students. Returns the contents of ``candidates.json``.
    Raises FitError if not even the smallest student fits, UsageError if students can't begin as they are to
    or files of these names in ``out`` are not bnngen's, and as `train`.
    """
    watcher = watcher or SearchWatcher()
    recipe = recipe.model_copy(update={"train": recipe.train.model_copy(update={"start": None})})
    prepared = load_prepared(recipe)
    if recipe.distill is not None:
        # a teacher that can't be read is told before the search, which takes a while
        read_teacher(recipe.distill, recipe, prepared)
    bits = effort.act_bits or (recipe.model.act_bits,)
    origin = find_larger(larger, effort.starts, recipe, bits, prepared)
    search = _Search(recipe, prepared, target, effort, bits, origin, out, watcher)
    with owned(out, search.files()):
        tried = search.run()
        finals = [search.learn(c, recipe.train.epochs) for c in promising(tried)[: effort.finalists]]
        winner = max(finals, key=lambda c: (c.validation, -c.number))
        return search.finish([*tried, *finals], winner)


def promising(tried: Sequence[Candidate]) -> list[Candidate]:
    """The best first; but the best of each start comes before all others.

    Who begins as a trained network is ahead after a few epochs, and need not be at the end.
    """
    ranked = sorted(tried, key=lambda c: (-c.validation, c.number))
    leaders = {c.start: c for c in reversed(ranked)}.values()
    return sorted(ranked, key=lambda c: c not in leaders)


@dataclass(frozen=True, eq=False)
class _Search:
    recipe: Recipe
    prepared: Prepared
    target: SearchTarget
    effort: Effort
    bits: tuple[int, ...]
    larger: Larger | None
    out: Path
    watcher: SearchWatcher

    def files(self) -> set[str]:
        """What the search may leave in its folder."""
        numbers, epochs = range(1, self.effort.trials + 1), {self.effort.epochs, self.recipe.train.epochs}
        folders = [_folder(number, count) for number in numbers for count in epochs]
        run = (*RUN_FILES, "validation.npz", STUDENT)
        return {*KEPT, *FILES, *(f"{folder}/{name}" for folder in folders for name in run)}

    def run(self) -> list[Candidate]:
        """The students that have learned for a few epochs, each size and start once."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=self.recipe.train.seed)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        found: dict[str, Candidate] = {}
        for number in range(1, self.effort.trials + 1):
            trial = study.ask()
            student = self._student(number, trial)
            key = student.recipe.key
            if key not in found:
                self.watcher.tries(number, self.effort.trials)
                found[key] = self.learn(student, self.effort.epochs)
            study.tell(trial, found[key].validation)
        return list(found.values())

    def _student(self, number: int, trial: optuna.Trial) -> Candidate:
        """The largest student of the trial's proportions that fits. Raises FitError if there is none."""
        profile = self._profile(trial)
        fitting = largest(partial(self._fitted, profile))
        if fitting is None:
            raise FitError(
                f"no network of architecture '{self.recipe.model.architecture}' fits {self.target.name} "
                "at this rate, however narrow; use fewer layers or fewer bits, or ask for fewer frames"
            )
        recipe, design = fitting[1]
        start, learns = self._begin(trial, recipe)
        return Candidate(number, start, recipe.model, learns, design)

    def _begin(self, trial: optuna.Trial, student: Recipe) -> tuple[Start, Recipe]:
        """What the student begins as, and the recipe by which it then learns."""
        larger, starts = self.larger, self.effort.starts
        if larger is None or student.model.act_bits != larger.recipe.model.act_bits:
            return "scratch", student
        start: Start = trial.suggest_categorical("start", get_args(Start)) if starts == "both" else starts
        return start, larger.pruned_to(student, self.prepared) if start == "pruned" else student

    def _profile(self, trial: optuna.Trial) -> Profile:
        sizes = find_architecture(self.recipe.model).sizes

        def parts(name: str, widths: Sequence[int]) -> tuple[float, ...]:
            return tuple(
                trial.suggest_float(f"{name}_{k}", LEAST_PART, 1.0, log=True) for k in range(len(widths))
            )

        return Profile(
            parts("width", sizes.widths),
            parts("dense", sizes.dense),
            trial.suggest_categorical("act_bits", self.bits),
        )

    def _fitted(self, profile: Profile, scale: float) -> Any:
        recipe = profile.student(self.recipe, scale, self.effort.epochs)
        design = fitted(recipe, self.prepared, self.target.board, self.target.rate)
        return None if design is None else (recipe, design)

    def learn(self, student: Candidate, epochs: int) -> Candidate:
        """Train a student in its folder, and judge it by the validation part."""
        train_table = student.recipe.train.model_copy(update={"epochs": epochs})
        recipe = student.recipe.model_copy(update={"train": train_table})
        folder = self.out / _folder(student.number, epochs)
        make_folder(folder)
        path = folder / STUDENT
        write_text(path, tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)))
        validation = train(path, folder, judge="validation").report.validation_accuracy
        final = epochs == self.recipe.train.epochs
        candidate = replace(student, recipe=recipe, validation=validation, final=final)
        self.watcher.learned(candidate)
        return candidate

    def finish(self, candidates: list[Candidate], winner: Candidate) -> SearchRecord:
        """The winner's files, its accuracy on the test part, and the report."""
        folder = self.out / _folder(winner.number, winner.recipe.train.epochs)
        result = train(folder / STUDENT, folder).report.to_dict()
        found = result.pop("warnings")
        for name in KEPT:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, self.out / name)
        design = compile(load(self.out / "model.onnx"), self.target.board, self.target.rate)
        if not fits_well(design):
            raise FitError("the trained network takes more than the untrained one did; ask for fewer frames")
        figures = replace(winner, design=design).figures.to_dict()
        report = SearchRecord(
            board=self.target.name,
            candidates=[c.figures for c in candidates],
            winner=WinnerRecord(**figures, test=RunRecord(**result)),
            warnings=found,
        )
        write_report(report, self.out)
        return report


def _folder(number: int, epochs: int) -> str:
    """Where student ``number`` learns for so many epochs, in the folder of the search."""
    return f"students/{number}_{epochs}_epochs"
