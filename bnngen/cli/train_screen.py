"""What a training run shows: what the data hold, each epoch, and what was reached."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.progress import Progress

from bnngen.cli.console import Table, console, errors, percent, progress_columns, table_of, warn
from bnngen.design import Design
from bnngen.emit.board_link import link_fps
from bnngen.reports.columns import FOUND, MOST_ANSWERS, outcomes
from bnngen.reports.rates import line_rate
from bnngen.reports.results import RunRecord, TableRecord
from bnngen.train.fit import TrainWatcher

MOST_CLASSES = 40
"""Classes that a screen lists; the page lists all."""


class TrainScreen(TrainWatcher):
    """A line for what was found, one for each epoch, and a bar, on standard error."""

    def __init__(self, progress: Progress, hint: bool) -> None:
        self._progress, self._hint = progress, hint
        self._task = progress.add_task("loading the data", total=None)
        self._told = False

    def found(self, table: TableRecord) -> None:
        """Show what a CSV file holds, once."""
        if not self._told:
            _print_found(table)
        self._told = True

    def sized(self, design: Design) -> None:
        """Show the network that was chosen."""
        schedule = design.schedule
        sizes = [schedule.network.elements_in, *(math.prod(shape) for shape in schedule.network.shapes)]
        errors.print(
            f"the network {'-'.join(map(str, sizes))}, one bit throughout, fits {schedule.board.name}: about "
            f"{design.resources.lut:,} LUTs, {design.fps:,.0f} frames/s"
        )
        if (line := link_fps(design)) is not None:
            errors.print(f"the serial line: {line_rate(design.fps, line, self._hint)}")

    def says(self, text: str) -> None:
        """Show what is being done."""
        self._progress.update(self._task, description=text)

    def batch(self, epoch: int, done: int, total: int) -> None:
        """Move the bar."""
        self._progress.update(self._task, description=f"epoch {epoch}", completed=done, total=total)

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        """Show what an epoch has reached."""
        self._progress.console.print(_line(entry, epochs))


@contextmanager
def train_screen(hint: bool) -> Iterator[TrainScreen]:
    """A bar over all batches, and a line for each epoch, on standard error. ``hint``: whether ``--fps link``
    may be worth a word."""
    with Progress(*progress_columns(), console=errors, transient=True) as progress:
        yield TrainScreen(progress, hint)


def print_run(report: RunRecord, out: Path, board: str | None, fps: str | None) -> None:
    """What the run has reached, and what can be done with it now."""
    if report.outcomes:
        console.print(_outcomes(report))
    judge = "golden model" if report.judge == "golden" else "float network"
    right = percent(report.test_correct, report.test_samples)
    console.print(
        f"{judge}: {report.test_correct:,} of {report.test_samples:,} test samples correct ({right}); "
        f"validation {100 * report.validation_accuracy:.2f} %"
    )
    console.print(
        f"{report.epochs} epochs in {report.seconds:.0f} s; results in {out}, for people in "
        f"{out / 'report.html'}"
    )
    console.print(f"next: {shlex.join(_next(report, out, board, fps))}", soft_wrap=True)


def _next(report: RunRecord, out: Path, board: str | None, fps: str | None) -> list[str]:
    """The command that goes on from here."""
    if report.judge == "torch":
        return ["bnngen", "quantize", str(out), "--out", str(out / "quantized.onnx")]
    rate = [] if fps is None else ["--fps", fps]
    files = ["--verify", str(out / "test.npz"), "--out", str(out / "build")]
    return ["bnngen", "build", str(out / "model.onnx"), "--board", board or "BOARD", *rate, *files]


def _print_found(table: TableRecord) -> None:
    first = "with a header line" if table.header else "without a header line, so columns are numbered"
    sizes = f"{table.rows:,} rows, {len(table.columns) + 1} columns"
    errors.print(f"{table.file}: {sizes}, {table.delimiter}s between, {first}")
    errors.print(table_of(FOUND, table.columns, box=SIMPLE_HEAD, padding=(0, 1, 0, 0)))
    if table.dropped:
        errors.print(f"{table.dropped:,} rows with gaps are left out")
    counts = ", ".join(f"{c.name} ({c.rows:,})" for c in table.classes[:MOST_CLASSES])
    more = len(table.classes) - MOST_CLASSES
    errors.print(f"label {table.label}: {counts}{f' and {more:,} more' if more > 0 else ''}")
    errors.print(f"{table.used} of {len(table.columns)} columns become {table.bits:,} bits of input")
    warn(f"the column {c.name!r} is {c.note}" for c in table.columns if c.note)


def _outcomes(report: RunRecord) -> Table:
    """The recall of each class, and the confusion matrix where a screen has room for it."""
    classes = report.outcomes
    caption = None
    if len(classes) <= MOST_ANSWERS:
        caption = "a row for each class: how many of its samples got which answer"
    shown = classes[:MOST_CLASSES]
    return table_of(outcomes(classes), shown, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption)


def _line(entry: dict[str, Any], epochs: int) -> str:
    train, validation = (100 * entry[f"{part}_accuracy"] for part in ("train", "validation"))
    return (
        f"epoch {entry['epoch']:4d}/{epochs}  loss {entry['loss']:.4f}  train {train:.2f} %  "
        f"validation {validation:.2f} %  {entry['seconds']:.1f} s"
    )
