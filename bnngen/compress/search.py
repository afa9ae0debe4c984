"""The search: students that fit the board learn for a few epochs, the best of them to the end.

Optuna proposes the proportions of the layers, the bits of the activations and what a student begins as (TPE);
the scheduler says how large such a network may be. Everything follows from the seed, and every student has a
folder of its own, so a search that was stopped goes on when the same command runs again. Workers on several
machines may share it: see `bnngen.study`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import tomli_w

from bnngen.api import compile, load
from bnngen.base.errors import FitError, UsageError
from bnngen.base.files import make_folder, write_text
from bnngen.base.owned import owned
from bnngen.compress.candidate import Candidate
from bnngen.compress.choices import Starts
from bnngen.compress.start import find_larger
from bnngen.compress.students import Students
from bnngen.reports.results import RunRecord, SearchRecord, WinnerRecord
from bnngen.reports.search import FILES, write_report
from bnngen.study.storage import opened
from bnngen.study.study import Found, Params, Search, Trial, Work, open_study
from bnngen.train.checkpoint import NAME as CHECKPOINT
from bnngen.train.checkpoint import finished_run
from bnngen.train.distill.teacher import read_teacher
from bnngen.train.hardware import BoardTarget, fits_well
from bnngen.train.recipe import Recipe
from bnngen.train.run import FILES as RUN_FILES
from bnngen.train.run import load_prepared, train

KEPT = ("model.onnx", "test.npz", "recipe.toml", "log.jsonl", "preprocessing.json")
"""What a search keeps of the winner's run."""
STUDENT = "student.toml"
"""The recipe of a student, in its folder."""


class SearchWatcher:
    """What is told while students are tried; does nothing itself."""

    def tries(self, number: int, count: int) -> None:
        """Student ``number`` (from 1) of ``count`` begins to learn."""

    def learned(self, candidate: Candidate) -> None:
        """A student has learned."""

    def waits(self, count: int) -> None:
        """Other workers are at ``count`` students, and there is nothing else to do."""

    def repeats(self, number: int) -> None:
        """Student ``number`` has won on another machine, and learns here too."""


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
    target: BoardTarget,
    effort: Effort,
    out: Path,
    watcher: SearchWatcher | None = None,
    larger: Path | None = None,
    storage: str | None = None,
) -> SearchRecord:
    """Find the student of ``recipe``'s architecture, at most as large, that learns most among those that fit
    ``target``. It may begin as the network of the run in the folder ``larger``, pruned; the recipe's
    ``train.start`` is that of a network of the full size, and no student's. Workers that call this with one
    ``storage``, and the same arguments but an ``out`` of their own, share the students.

    Leaves in ``out`` what `bnngen.train.run.train` leaves for the winner, ``candidates.json`` and
    ``compress.html``; the students are in ``out``/students. Returns the contents of ``candidates.json``.
    Raises FitError if not even the smallest student fits, UsageError if students can't begin as they are to,
    files of these names in ``out`` are not bnngen's, or the storage can't be used, and as `train`.
    """
    recipe = recipe.model_copy(update={"train": recipe.train.model_copy(update={"start": None})})
    with opened(storage):
        pass  # one that can't be used is told before all that takes a while
    prepared = load_prepared(recipe)
    if recipe.distill is not None:
        # a teacher that can't be read is told before the search, which takes a while
        read_teacher(recipe.distill, recipe, prepared)
    bits = effort.act_bits or (recipe.model.act_bits,)
    origin = find_larger(larger, effort.starts, recipe, bits, prepared)
    students = Students(recipe, prepared, target, bits, effort.starts, origin, effort.epochs)
    search = _Search(students, effort, out, watcher or SearchWatcher(), storage)
    with owned(out, search.files()):
        tried = search.run()
        return search.finish(tried, search.finals(promising(tried)[: effort.finalists]))


def promising(tried: Sequence[Candidate]) -> list[Candidate]:
    """The best first; but the best of each start comes before all others.

    Who begins as a trained network is ahead after a few epochs, and need not be at the end.
    """
    ranked = sorted(tried, key=lambda c: (-c.validation, c.number))
    leaders = {c.start: c for c in reversed(ranked)}.values()
    return sorted(ranked, key=lambda c: c not in leaders)


@dataclass(frozen=True, eq=False)
class _Search:
    students: Students
    effort: Effort
    out: Path
    watcher: SearchWatcher
    storage: str | None

    @property
    def recipe(self) -> Recipe:
        return self.students.recipe

    def files(self) -> set[str]:
        """What the search may leave in its folder."""
        numbers, epochs = range(1, self.effort.trials + 1), {self.effort.epochs, self.recipe.train.epochs}
        folders = [_folder(number, count) for number in numbers for count in epochs]
        run = (*RUN_FILES, "validation.npz", STUDENT)
        return {*KEPT, *FILES, *(f"{folder}/{name}" for folder in folders for name in run)}

    def run(self) -> list[Candidate]:
        """The students that have learned for a few epochs, each size and start once."""

        def evaluate(params: Params, number: int) -> Found:
            self.watcher.tries(number + 1, self.effort.trials)
            student = self.students.student(params, number + 1)
            return Found((self.learn(student, self.effort.epochs).validation,))

        work = Work(
            suggest=lambda trial, number: self.students.suggest(trial),
            evaluate=evaluate,
            key=lambda params: self.students.student(params, 0).recipe.key,
            waits=self.watcher.waits,
        )
        found: dict[str, Candidate] = {}
        for trial in self._share("", self.effort.trials, work):
            student = self.students.student(trial.params, trial.number + 1)
            learned = replace(self._made(student, self.effort.epochs), validation=trial.found.values[0])
            found.setdefault(student.recipe.key, learned)
        return list(found.values())

    def finals(self, finalists: Sequence[Candidate]) -> list[tuple[Candidate, Path]]:
        """The same when they have learned to the end; and the folders where, perhaps of other machines."""
        students, epochs = {c.number: c for c in finalists}, self.recipe.train.epochs
        numbers = list(students)

        def evaluate(params: Params, number: int) -> Found:
            learned = self.learn(students[params["student"]], epochs)
            folder = self.out.absolute() / _folder(learned.number, epochs)
            return Found((learned.validation,), record={"folder": str(folder)})

        work = Work(
            suggest=lambda trial, number: trial.suggest_int("student", numbers[number], numbers[number]),
            evaluate=evaluate,
            waits=self.watcher.waits,
        )
        finals = []
        for trial in self._share(f", finals of {numbers}", len(numbers), work):
            student = self._made(students[trial.params["student"]], epochs)
            learned = replace(student, validation=trial.found.values[0])
            finals.append((learned, Path(trial.found.record["folder"])))
        return finals

    def _share(self, part: str, count: int, work: Work) -> list[Trial]:
        """What all workers have found of a part of the search."""
        name = f"compress {self.recipe.model.architecture} {self.students.target.name}{part}"
        search = Search(name, self.students.question(), seed=self.recipe.train.seed)
        with open_study(search, self.storage) as study:
            return study.run(count, work)

    def _made(self, student: Candidate, epochs: int) -> Candidate:
        """``student`` as it is when it has learned for so many epochs."""
        table = student.recipe.train.model_copy(update={"epochs": epochs})
        recipe = student.recipe.model_copy(update={"train": table})
        return replace(student, recipe=recipe, final=epochs == self.recipe.train.epochs)

    def _prepare(self, student: Candidate) -> Path:
        """Its folder, with its recipe."""
        folder = self.out / _folder(student.number, student.recipe.train.epochs)
        make_folder(folder)
        text = tomli_w.dumps(student.recipe.model_dump(mode="json", exclude_none=True))
        write_text(folder / STUDENT, text)
        return folder

    def learn(self, student: Candidate, epochs: int) -> Candidate:
        """Train a student in its folder, and judge it by the validation part."""
        student = self._made(student, epochs)
        folder = self._prepare(student)
        report = train(folder / STUDENT, folder, judge="validation").report
        learned = replace(student, validation=report.validation_accuracy)
        self.watcher.learned(learned)
        return learned

    def finish(self, tried: Sequence[Candidate], finals: Sequence[tuple[Candidate, Path]]) -> SearchRecord:
        """The winner's files, its accuracy on the test part, and the report."""
        winner, place = max(finals, key=lambda final: (final[0].validation, -final[0].number))
        folder = self._prepare(winner)
        self._fetch(winner, place, folder)
        result = train(folder / STUDENT, folder).report.to_dict()
        found = result.pop("warnings")
        for name in KEPT:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, self.out / name)
        target = self.students.target
        design = compile(load(self.out / "model.onnx"), target.board, target.rate)
        if not fits_well(design):
            raise FitError("the trained network takes more than the untrained one did; ask for fewer frames")
        figures = replace(winner, design=design).figures.to_dict()
        report = SearchRecord(
            board=target.name,
            candidates=[c.figures for c in (*tried, *(final for final, _ in finals))],
            winner=WinnerRecord(**figures, test=RunRecord(**result)),
            warnings=found,
        )
        write_report(report, self.out)
        return report

    def _fetch(self, winner: Candidate, place: Path, folder: Path) -> None:
        """Where another worker has trained it: take that over if its folder can be seen from here. If not, it
        learns here once more, to the same bytes."""
        if (folder / CHECKPOINT).is_file():
            return
        with suppress(UsageError, OSError):
            run = finished_run(place)
            if run is not None and run[0].key == winner.recipe.key:
                shutil.copyfile(place / CHECKPOINT, folder / CHECKPOINT)
                return
        self.watcher.repeats(winner.number)


def _folder(number: int, epochs: int) -> str:
    """Where student ``number`` learns for so many epochs, in the folder of the search."""
    return f"students/{number}_{epochs}_epochs"
