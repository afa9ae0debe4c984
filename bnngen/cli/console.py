"""Where the commands print: results to standard output, all the rest to standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import typer
from rich import table
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bnngen.base.files import write_text
from bnngen.base.text import shown, shown_lines

if TYPE_CHECKING:  # the columns know the records, which take a while to import
    from bnngen.reports.columns import Column

Row = TypeVar("Row")


class _PlainConsole(Console):
    """Prints texts as they are: there is no markup in them, and what can't be seen is shown (`shown_lines`).

    What has a style is a `rich.text.Text`, which is printed as it is.
    """

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(shown_lines(text), **options)


class Table(table.Table):
    """A table in whose cells names from files may stand: each text is one line (`shown`)."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """A row; each text of it stays one line."""
        super().add_row(*(shown(cell) if isinstance(cell, str) else cell for cell in cells), **options)


def table_of(columns: Iterable[Column[Row]], rows: Iterable[Row], **options: Any) -> Table:
    """A table with a line for each of the ``rows``. What is too long for the screen is folded in the first
    column."""
    shown_columns = [column for column in columns if not column.page_only]
    made = Table(**options)
    for place, column in enumerate(shown_columns):
        justify: Literal["left", "right"] = "right" if column.number else "left"
        if place:
            made.add_column(column.heading, justify=justify, no_wrap=True)
        else:
            made.add_column(column.heading, justify=justify, overflow="fold")
    for row in rows:
        made.add_row(*(column.cell(row) for column in shown_columns))
    return made


console = _PlainConsole()
errors = _PlainConsole(stderr=True)

NO = 1
"""The exit status when the work was done and the answer is no."""


def answer_no(reason: str) -> NoReturn:
    """End the command: everything ran, and what was asked for does not hold."""
    errors.print(marked("the answer is no:", reason))
    raise typer.Exit(NO)


def marked(mark: str, text: str, style: str = "bold red") -> Text:
    """A message behind a coloured ``mark``."""
    return Text.assemble((mark, style), " ", shown_lines(text))


def warn(words: Iterable[str]) -> None:
    """Show what a person should look at twice."""
    for text in words:
        errors.print(marked("warning:", text, "yellow"), soft_wrap=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; yields the function that moves it: (done, total)."""
    columns = (description(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def description() -> TextColumn:
    """The column of a progress bar that says what is being done."""
    return TextColumn("{task.description}", markup=False)


def progress_columns() -> tuple[ProgressColumn, ...]:
    """Those of long work that comes in steps: what is done, how far it is, and when it may end."""
    return description(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()


def write_json(path: Path | None, contents: dict[str, Any]) -> None:
    """Write ``contents`` to ``path``, to standard output if it is "-", nowhere if it is None."""
    if path is None:
        return
    text = json.dumps(contents, indent=2)
    if str(path) == "-":
        print(text)
    else:
        write_text(path, text + "\n")


def percent(part: int | None, whole: int | None) -> str:
    """A share as people read it."""
    return "-" if part is None or not whole else f"{100 * part / whole:.2f} %"
