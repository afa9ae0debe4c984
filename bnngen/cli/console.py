"""Where the commands print: results to standard output, all the rest to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bnngen.files import write_text

console = Console()
errors = Console(stderr=True)

NO = 1
"""The exit status when the work was done and the answer is no."""


def answer_no(reason: str) -> NoReturn:
    """End the command: everything ran, and what was asked for does not hold."""
    errors.print(f"[bold red]the answer is no:[/] {reason}")
    raise typer.Exit(NO)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; yields the function that moves it: (done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def write_json(path: Path | None, contents: dict[str, Any]) -> None:
    """Write ``contents`` to ``path``, to standard output if it is "-", nowhere if it is None."""
    if path is None:
        return
    text = json.dumps(contents, indent=2)
    if str(path) == "-":
        print(text)
    else:
        write_text(path, text + "\n")


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"
