"""What the columns of a table hold, found out before anything is learned: numbers, words, gaps, and what only
numbers the rows."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from bnngen.reference.table_file import is_missing, number_of

Kind = Literal["number", "word", "constant", "counter", "time", "text"]
"""``counter``: rises from row to row, or numbers the rows; ``text``: hardly a word comes twice."""
USELESS: dict[Kind, str] = {
    "constant": "has one value in all rows",
    "counter": "numbers the rows",
    "time": "holds points in time",
    "text": "holds a different text in nearly each row",
}
"""Columns of these kinds teach nothing that holds for other rows."""
MOST_WORDS = 64
"""A column of more different texts than this is not spread into one input a word."""
_ENOUGH = 20
"""Rows that tell whether a column counts."""
_DAYS = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_POINTS = ("%H:%M:%S", "%H:%M", *(f"{day}{time}" for day in _DAYS for time in _TIMES))
"""What stands for a point in time beside ISO 8601."""
_GREATEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class FoundColumn:
    """A column: its ``kind``; the rows (from 0) of cells without a value, and of ``odd`` ones, which are no
    numbers among numbers. ``words`` are the different texts of a column that does not hold numbers, sorted.
    """

    name: str
    kind: Kind
    missing: tuple[int, ...] = ()
    odd: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[int, ...]:
        """The rows without a number, in a column of numbers."""
        return () if self.words else tuple(sorted((*self.missing, *self.odd)))


def find_column(name: str, cells: Sequence[str], as_words: bool = False) -> FoundColumn:
    """What the ``cells`` of a column hold: numbers if most of them are, or else words. ``as_words``: words,
    whatever they are."""
    numbers = [None if as_words else float32_of(cell) for cell in cells]
    values = [value for value in numbers if value is not None]
    if 2 * len(values) > sum(not is_missing(cell) for cell in cells):
        gaps = [row for row, value in enumerate(numbers) if value is None]
        missing = tuple(row for row in gaps if is_missing(cells[row]))
        odd = tuple(row for row in gaps if not is_missing(cells[row]))
        return FoundColumn(name, _kind_of_numbers(values, len(cells)), missing, odd)
    words = tuple(sorted({cell for cell in cells if cell}))
    missing = tuple(row for row, cell in enumerate(cells) if not cell)
    return FoundColumn(
        name, _kind_of_words(words, len(cells) - len(missing), len(cells)), missing, words=words
    )


def float32_of(cell: str) -> float | None:
    """The number in a cell, rounded to float32; None if there is none that float32 reaches."""
    value = number_of(cell)
    return None if value is None or abs(value) > _GREATEST else float(np.float32(value))


def _kind_of_numbers(values: Sequence[float], rows: int) -> Kind:
    x = np.array(values)
    if (x == x[0]).all():
        return "constant"
    if len(x) < max(_ENOUGH, rows / 2):
        return "number"
    whole = len(set(values)) == len(x) == x.max() - x.min() + 1 and (x == np.round(x)).all()
    steps = np.diff(x)
    return "counter" if whole or (steps > 0).all() or (steps < 0).all() else "number"


def _kind_of_words(words: Sequence[str], present: int, rows: int) -> Kind:
    if (len(words) < 2 and present == rows) or not words:
        return "constant"
    if all(map(_is_time, words[:_ENOUGH])):
        return "time"
    return "text" if len(words) > MOST_WORDS or (rows >= _ENOUGH and 2 * len(words) > present) else "word"


def _is_time(word: str) -> bool:
    with contextlib.suppress(ValueError):
        datetime.fromisoformat(word)
        return True
    for form in _POINTS:
        with contextlib.suppress(ValueError):
            datetime.strptime(word, form)
            return True
    return False
