"""From a CSV file and a board to a recipe: the front door for who has a table and no recipe yet."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from bnngen.base.errors import FitError, RecipeError, UsageError
from bnngen.base.files import write_text
from bnngen.base.owned import owned
from bnngen.design import Design
from bnngen.reports.results import TableRecord
from bnngen.schedule.budget import Rate
from bnngen.train.found import table_record
from bnngen.train.hardware import BoardTarget, fitted
from bnngen.train.inputs import Prepared
from bnngen.train.recipe import DataTable, ModelTable, Recipe, TrainTable
from bnngen.train.run import load_prepared
from bnngen_boards.profile import Board

RECIPE = "recipe.toml"
WIDTHS = ((256, 128), (128, 128), (128, 64), (64, 64), (64, 32), (32, 32), (16, 16), (8, 8))
"""Sizes of the hidden layers, the largest first."""
LEVELS = (16, 8, 4, 2, 1)
"""Thresholds of each column of numbers, the most first: fewer where not even the smallest network fits."""
STEPS, LEAST_EPOCHS, MOST_EPOCHS = 4000, 20, 150
"""Steps of the optimiser, and between how many epochs that has to be."""
BATCH = 64


Widths = tuple[int, ...]
Sized = tuple[Recipe, Design]
"""A recipe, and the design of its network that shows that it fits."""


@dataclass(frozen=True)
class TableChoices:
    """What a person may say of a table: the column with the ``label``, those to ``drop`` and to ``keep``,
    those whose numbers are ``words``, and what happens to rows without a number (``missing``: "error", "drop"
    or "fill")."""

    label: str | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    missing: str = "error"


class TableWatcher(Protocol):
    """What is told while a recipe is made."""

    def found(self, table: TableRecord) -> None:
        """The table is read, and holds this."""

    def sized(self, design: Design) -> None:
        """The network fits as this design, as far as it can be told before it has learned."""

    def says(self, text: str) -> None:
        """What is being done."""


def make_recipe(
    data: Path, out: Path, board: Board, rate: Rate, choices: TableChoices, watcher: TableWatcher
) -> Path:
    """Write a recipe for the CSV file ``data`` into the folder ``out``, and return its path: with the largest
    network of `WIDTHS` that fits ``board`` at ``rate``.

    The same file and board always give the same recipe. Raises DataError and RecipeError as
    `bnngen.train.run.train`, FitError if not even the smallest network fits, and UsageError if another recipe
    is in ``out``.
    """
    for levels in LEVELS:
        recipe = _recipe(data, choices, levels)
        with _by_option():
            prepared = load_prepared(recipe)
        if levels == LEVELS[0] and (table := table_record(prepared)) is not None:
            watcher.found(table)
        recipe = recipe.model_copy(update={"train": _training(len(prepared.data.train))})
        if (found := _largest(partial(_sized, recipe, prepared, board, rate, watcher))) is not None:
            watcher.sized(found[1])
            return _keep(recipe_text(found[0], board.name, rate), out)
    raise FitError(
        f"no network for '{data}' fits {board.name} at this rate, however narrow, with {prepared.shape[0]:,} "
        "bits of input: leave columns out (--drop), ask for fewer frames (--fps), or take a larger board"
    )


def _sized(
    recipe: Recipe, prepared: Prepared, board: Board, rate: Rate, watcher: TableWatcher, widths: Widths
) -> Sized | None:
    """The recipe with these ``widths``, or None if its network does not fit."""
    watcher.says(f"fitting {'-'.join(map(str, widths))} neurons to {board.name}")
    wide = recipe.model_copy(update={"model": recipe.model.model_copy(update={"widths": widths})})
    design = fitted(wide, prepared, BoardTarget(board, rate))
    return None if design is None else (wide, design)


def _largest(sized: Callable[[Widths], Sized | None]) -> Sized | None:
    """What ``sized`` gives for the first of `WIDTHS` for which it gives something. Whether it does for the
    smallest is asked early: often all do, or none."""
    if (found := sized(WIDTHS[0])) is not None:
        return found
    if (smallest := sized(WIDTHS[-1])) is None:
        return None
    return next((found for widths in WIDTHS[1:-1] if (found := sized(widths)) is not None), smallest)


@contextmanager
def _by_option() -> Iterator[None]:
    """A RecipeError that names a field of ``[data]`` names the option instead: there is no recipe yet."""
    try:
        yield
    except RecipeError as error:
        text = str(error).removeprefix(f"{error.field}: ")
        raise UsageError(f"--{error.field.removeprefix('data.')}: {text}") from None


def _recipe(data: Path, choices: TableChoices, levels: int) -> Recipe:
    table = {
        "name": "csv",
        "path": data,
        "label": choices.label,
        "drop": choices.drop,
        "keep": choices.keep,
        "words": choices.words,
        "missing": choices.missing,
        "input": "thermometer",
        "levels": levels,
    }
    return Recipe(
        data=DataTable.model_validate(table),
        model=ModelTable(architecture="mlp"),
        train=TrainTable(epochs=LEAST_EPOCHS),
    )


def _keep(text: str, out: Path) -> Path:
    """Write the recipe into the folder ``out``; its path there. Raises UsageError if another one is there."""
    path = out / RECIPE
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise UsageError(
            f"'{path}' is another recipe than the one for this table and board: name another folder, or go "
            f"on with it (bnngen train {path} --out {out})"
        )
    with owned(out, {RECIPE}):
        write_text(path, text)
    return path


def recipe_text(recipe: Recipe, board: str, rate: Rate) -> str:
    """The recipe as a file that a person can read and change."""
    data, model, train = recipe.data, recipe.model, recipe.train
    at = "" if rate is None else f" at {rate:g} frames/s" if isinstance(rate, float) else f" at --fps {rate}"
    lines = [
        f"# Made by bnngen train for {board}{at}. Change it, and train again:",
        "# bnngen train RECIPE.toml --out DIR. All fields: docs/training.md.",
        "",
        "[data]",
        'name = "csv"',
        f"path = {_quoted(str(data.path))}",
        *([f"label = {_quoted(data.label)}"] if data.label is not None else []),
        *_named("drop", data.drop),
        *_named("keep", data.keep),
        *_named("words", data.words),
        *([f"missing = {_quoted(data.missing)}"] if data.missing != "error" else []),
        'input = "thermometer"  # a bit for each threshold that a number has reached',
        f"levels = {data.levels}  # thresholds of each column, at most",
        "",
        "[model]",
        f"architecture = {_quoted(model.architecture)}",
        f"widths = {list(model.widths or ())}  # neurons of the hidden layers, one bit throughout",
        "",
        "[train]",
        f"epochs = {train.epochs}",
        f"batch = {train.batch}",
        f"learning_rate = {train.learning_rate}",
    ]
    return "\n".join(lines) + "\n"


def _named(field: str, columns: Sequence[str]) -> list[str]:
    """The line with the names of some ``columns``, if there are any."""
    return [f"{field} = [{', '.join(map(_quoted, columns))}]"] if columns else []


def _training(rows: int) -> TrainTable:
    """About as many steps whatever the number of ``rows``."""
    batch = max(2, min(BATCH, rows // 4))
    epochs = math.ceil(STEPS / max(1, rows // batch))
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, epochs))
    return TrainTable(epochs=epochs, batch=batch, learning_rate=0.02)


def _quoted(text: str) -> str:
    """A TOML string: JSON's, but for DEL, which a recipe does not hold anyway."""
    return json.dumps(text, ensure_ascii=False)
