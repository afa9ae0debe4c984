"""``bnngen train``: from a recipe to a quantised model file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bnngen.cli.console import console, description, errors, percent, warn, write_json
from bnngen.cli.options import JsonFile, nonempty

if TYPE_CHECKING:
    from bnngen.reports.results import RunRecord
    from bnngen.train.fit import TrainWatcher

RecipePath = Annotated[
    Path, typer.Argument(metavar="RECIPE.toml", parser=nonempty, help="What to train, on what, and how.")
]
Out = Annotated[
    Path, typer.Option(metavar="DIR", parser=nonempty, help="Where the model, the log and the checkpoint go.")
]


def command(recipe: RecipePath, out: Out, json: JsonFile = None) -> None:
    """Train a quantised network and export it as QONNX.

    Ctrl-C stops it; the same command goes on behind the last whole epoch.
    """
    from bnngen.base.owned import keep_inputs
    from bnngen.train.extra import require_training
    from bnngen.train.recipe import load_recipe

    # a mistake is told before torch is loaded, or found missing
    keep_inputs({"--json": json}, recipe, *load_recipe(recipe).inputs)
    require_training()
    from bnngen.train.run import train

    with _screen() as watcher:
        report = train(recipe, out, watcher).report
    warn(report.warnings)
    write_json(json, report.to_dict())
    if str(json) != "-":
        _print(report, out)


@contextmanager
def _screen() -> Iterator[TrainWatcher]:
    """A bar over all batches, and a line for each epoch, on standard error."""
    from bnngen.train.fit import TrainWatcher

    columns = (
        description(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("loading the data", total=None)

        class Screen(TrainWatcher):
            def batch(self, epoch: int, done: int, total: int) -> None:
                progress.update(task, description=f"epoch {epoch}", completed=done, total=total)

            def epoch(self, entry: dict[str, Any], epochs: int) -> None:
                progress.console.print(_line(entry, epochs))

        yield Screen()


def _line(entry: dict[str, Any], epochs: int) -> str:
    train, validation = (100 * entry[f"{part}_accuracy"] for part in ("train", "validation"))
    return (
        f"epoch {entry['epoch']:4d}/{epochs}  loss {entry['loss']:.4f}  train {train:.2f} %  "
        f"validation {validation:.2f} %  {entry['seconds']:.1f} s"
    )


def _print(report: RunRecord, out: Path) -> None:
    judge = "golden model" if report.judge == "golden" else "float network"
    right = percent(report.test_correct, report.test_samples)
    console.print(
        f"{judge}: {report.test_correct:,} of {report.test_samples:,} test samples correct ({right}); "
        f"validation {100 * report.validation_accuracy:.2f} %"
    )
    console.print(f"{report.epochs} epochs in {report.seconds:.0f} s; results in {out}")
