"""Tables of text: a CSV file, whose delimiter, header line and decimal mark are found out."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.base.text import joined

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
"""What may stand between two cells, by name; the first wins a tie."""
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "null", "none", "nil", "missing"})
"""What a cell without a value holds, in lower case."""
_BETWEEN = joined([f"{name}s" for name in DELIMITERS], "or")
_SAMPLE_ROWS = 200
_COMMA_NUMBER = re.compile(r"([+-]?\d+),(\d+)")


@dataclass(frozen=True)
class TextTable:
    """The ``columns`` of a file by their names, in its order: texts without spaces around them, one for each
    row. ``delimiter`` is one of `DELIMITERS`. Without a ``header`` line the names are column_1, column_2 and
    so on."""

    where: str
    columns: dict[str, list[str]]
    delimiter: str
    header: bool

    @property
    def rows(self) -> int:
        """How many rows of values there are."""
        return len(next(iter(self.columns.values())))


def read_table(
    contents: bytes,
    where: str,
    delimiter: str | None = None,
    header: bool | None = None,
    label: str | None = None,
    names: Collection[str] = (),
) -> TextTable:
    """The table in the ``contents`` of a CSV file; ``where`` names it in messages.

    ``delimiter`` and ``header`` (whether there is a header line) are found out where they are None. It helps
    to know the column with the ``label``, or the ``names`` of columns that are wanted, one of which a header
    line has. Decimal commas become points.
    Raises DataError if it has no two columns, no row, or rows of other lengths.
    """
    text = _text(contents)
    delimiter = delimiter or _delimiter(text)
    rows = _split(text, where, DELIMITERS[delimiter])
    if not rows or len(rows[0]) < 2:
        raise DataError(f"{where} must have two columns or more, with {_BETWEEN} between the values")
    if header is None:
        header = bool(set(names) & set(rows[0])) if names else _has_header(rows, label)
    called = rows[0] if header else [f"column_{k}" for k in range(1, len(rows[0]) + 1)]
    values = rows[1:] if header else rows
    _check(called, values, where)
    columns = {name: list(cells) for name, cells in zip(called, zip(*values, strict=True), strict=True)}
    if delimiter != "comma":
        columns = {name: _with_points(cells) for name, cells in columns.items()}
    return TextTable(where, columns, delimiter, header)


def number_of(cell: str) -> float | None:
    """The finite number in a cell, as float64; None if there is none. 1_000 is a number in Python alone."""
    if "_" in cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def numbers_of(columns: Sequence[Sequence[str]], where: str) -> NDArray[np.float64]:
    """The numbers (rows, columns) in these columns of texts. Raises DataError, which begins with ``where``,
    for a cell that holds none."""
    cells = [[number_of(cell) for cell in column] for column in columns]
    for column, values in zip(columns, cells, strict=True):
        if None in values:
            row = values.index(None)
            raise DataError(f"{where}: row {row + 1} holds {column[row]!r}, which is no number")
    return np.array(cells, np.float64).T


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.lower() in MISSING


def _split(text: str, where: str, delimiter: str) -> list[list[str]]:
    try:
        found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[cell.strip() for cell in row] for row in found if any(map(str.strip, row))]
    except csv.Error as error:
        raise DataError(f"{where} is not a whole CSV file: {error}") from error


def _text(contents: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or else what Windows takes for text."""
    if contents[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return contents.decode("utf-16", errors="replace")
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        return contents.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The one that cuts most of the first rows into equally many cells, then the one that leaves most
    numbers: csv.Sniffer, which counts characters, falls for decimal commas."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_ROWS])

    def quality(delimiter: str) -> tuple[int, int, int]:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample), delimiter=DELIMITERS[delimiter]) if row]
        except csv.Error:
            return (0, 0, 0)
        lengths = Counter(len(row) for row in rows if len(row) > 1)
        length, count = max(lengths.items(), key=lambda item: item[1], default=(0, 0))
        return (count, sum(_is_number(cell.strip()) for row in rows for cell in row), length)

    return max(DELIMITERS, key=quality)


def _is_number(cell: str) -> bool:
    return number_of(cell) is not None or _COMMA_NUMBER.fullmatch(cell) is not None


def _has_header(rows: list[list[str]], label: str | None) -> bool:
    """Whether the first row has the columns' names: one of them is ``label``, or a text above numbers, or
    they are numbers from 0 or 1 on, or the last cell, a label, never comes again."""
    first, below = rows[0], rows[1 : 1 + _SAMPLE_ROWS]
    if label is not None and label in first:
        return True
    for place, cell in enumerate(first):
        cells = [row[place] for row in below if place < len(row) and not is_missing(row[place])]
        text = not _is_number(cell) and not is_missing(cell)
        if text and sum(map(_is_number, cells)) > len(cells) / 2:
            return True
    if all(_is_number(cell) or is_missing(cell) for cell in first[:-1]) and _is_number(first[-1]):
        return first in ([str(k + start) for k in range(len(first))] for start in (0, 1))
    return all(row[-1] != first[-1] for row in rows[1:])


def _check(names: list[str], rows: list[list[str]], where: str) -> None:
    if not rows:
        raise DataError(f"{where} has one line alone: names, and no rows of values below them")
    empty = [place for place, name in enumerate(names, 1) if not name]
    if empty:
        raise DataError(f"{where}: column {empty[0]} has no name in the header line; name it")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{where} has more than one column {twice[0]!r} in its header line")
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise DataError(f"{where}: row {number} has {len(row)} values for {len(names)} columns")


def _with_points(cells: list[str]) -> list[str]:
    """Decimal commas as points, where all other cells are whole numbers or missing: a column of texts with
    commas stays."""
    if any("." in cell for cell in cells):
        return cells
    if not all(_is_number(cell) or is_missing(cell) for cell in cells):
        return cells
    return [_COMMA_NUMBER.sub(r"\1.\2", cell) for cell in cells]
