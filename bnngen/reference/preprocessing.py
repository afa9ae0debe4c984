"""From raw columns to the accelerator's codes, by comparisons of float32 numbers alone.

Training, the golden model and every host make the same codes: a number is rounded to float32, and the
thresholds that it has reached are counted. There is no arithmetic whose rounding could differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.reference.table_file import TextTable, is_missing

Cells = Sequence[object] | NDArray[Any]
"""The values of a column: numbers, or texts as they stand in a CSV file; None and NaN are no value."""


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: each value becomes the codes of how many ``thresholds`` it has reached.

    ``thresholds`` are float32 numbers that don't fall; a value reaches those that it equals. In a
    ``thermometer`` each threshold is one element: ``lowest`` below it, ``lowest + step`` from it on. Else the
    column is one element: ``lowest + step * count``. ``fill``, a float32 number, stands for a missing value;
    None: none may be missing.
    """

    name: str
    thresholds: tuple[float, ...]
    thermometer: bool
    lowest: int
    step: int
    fill: float | None = None

    @property
    def elements(self) -> int:
        """How many codes a value becomes."""
        return len(self.thresholds) if self.thermometer else 1

    @property
    def possible_codes(self) -> NDArray[np.int64]:
        """Each code that it can make."""
        most = 1 if self.thermometer else len(self.thresholds)
        return self.lowest + self.step * np.arange(most + 1)

    def codes(self, cells: Cells) -> NDArray[np.int64]:
        """(N, elements). Raises DataError, with the row (from 1), for a cell that holds no number."""
        values = np.array([self._value(cell, row) for row, cell in enumerate(cells, 1)], np.float64)
        with np.errstate(over="ignore"):  # beyond float32 is infinity, beyond every threshold
            rounded = values.astype(np.float32)
        thresholds = np.array(self.thresholds, np.float32)
        if self.thermometer:
            reached = (rounded[:, None] >= thresholds).astype(np.int64)
        else:
            reached = np.searchsorted(thresholds, rounded, side="right").astype(np.int64)[:, None]
        return self.lowest + self.step * reached

    def _value(self, cell: object, row: int) -> float:
        value = _number(cell)
        if value is None and self.fill is not None:
            return self.fill
        if value is None:
            raise DataError(
                f"column {self.name!r}, row {row}: {cell!r} is no number; the network was trained without "
                "gaps in this column"
            )
        return value


@dataclass(frozen=True)
class WordColumn:
    """A column of words: one element for each of ``words``, which is ``present`` in the row of that word and
    ``absent`` in all others (codes, one for each word). A word that training has not met is absent in all."""

    name: str
    words: tuple[str, ...]
    absent: tuple[int, ...]
    present: tuple[int, ...]

    @property
    def elements(self) -> int:
        """How many codes a value becomes."""
        return len(self.words)

    @property
    def possible_codes(self) -> NDArray[np.int64]:
        """Each code that it can make."""
        return np.array([*self.absent, *self.present])

    def codes(self, cells: Cells) -> NDArray[np.int64]:
        """(N, elements)."""
        texts = np.array([_word(cell) for cell in cells], dtype=object)
        here = texts[:, None] == np.array(self.words, dtype=object)
        return np.where(here, np.array(self.present), np.array(self.absent)).astype(np.int64)


RawColumn = NumberColumn | WordColumn


@dataclass(frozen=True)
class Preprocessing:
    """How rows of raw values become frames of the accelerator: column after column, in stream order.

    Columns of a table that are not among these are not looked at; ``label`` is what the column with the
    classes was called, where there was one.
    """

    columns: tuple[RawColumn, ...]
    label: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return sum(column.elements for column in self.columns)

    @property
    def possible_codes(self) -> Mapping[str, NDArray[np.int64]]:
        """Each code that it can make, by the column."""
        return {f"column {column.name[:40]!r}": column.possible_codes for column in self.columns}

    def codes(self, values: Mapping[str, Cells] | Sequence[Sequence[object]]) -> NDArray[np.int64]:
        """Codes (N, elements) of N raw rows: the cells of each column by its name, or rows that have a value
        for each of `names`, in order.

        Numbers and texts that hold numbers are read as float64, then rounded to float32.
        Raises DataError, which names column and row, if a column or a number is missing.
        """
        cells = values if isinstance(values, Mapping) else self._by_name(values)
        if missing := [name for name in self.names if name not in cells]:
            raise DataError(f"no column {missing[0]!r}; the network takes {', '.join(self.names)}")
        made = [column.codes(cells[column.name]) for column in self.columns]
        if len({len(part) for part in made}) > 1:
            raise DataError(f"the columns have {sorted({len(part) for part in made})} rows, not equally many")
        return np.concatenate(made, axis=1)

    def table_codes(self, table: TextTable) -> NDArray[np.int64]:
        """Codes (N, elements) of the rows of a CSV file: its columns are found by their names; without a
        header line by their places, where there are just these. Raises DataError, which names the file."""
        cells = table.columns
        if not table.header and not set(self.names) <= set(cells):
            if len(cells) != len(self.names):
                raise DataError(
                    f"{table.where} has no header line, and {len(cells)} columns; the network takes "
                    f"{len(self.names)}: {', '.join(self.names)}"
                )
            cells = dict(zip(self.names, cells.values(), strict=True))
        try:
            return self.codes(cells)
        except DataError as error:
            raise DataError(f"{table.where}: {error}") from None

    def to_data(self) -> dict[str, Any]:
        """As it stands in metadata and in ``interface.json``; floats read back exactly."""
        label = {} if self.label is None else {"label": self.label}
        return {"rounding": "float32", **label, "columns": [_to_data(column) for column in self.columns]}

    def _by_name(self, rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
        for number, row in enumerate(rows, 1):
            if len(row) != len(self.columns):
                raise DataError(
                    f"row {number} has {len(row)} values; the network takes {len(self.columns)}: "
                    f"{', '.join(self.names)}"
                )
        return {name: [row[place] for row in rows] for place, name in enumerate(self.names)}


def preprocessing_of(data: Mapping[str, Any]) -> Preprocessing:
    """What `Preprocessing.to_data` has written. Raises ValueError that says what is wrong."""
    columns = data.get("columns")
    if not isinstance(columns, list) or not columns:
        raise ValueError("it has no list of 'columns'")
    label = data.get("label")
    if label is not None and not isinstance(label, str):
        raise ValueError("its 'label' is no name")
    return Preprocessing(tuple(_column(entry) for entry in columns), label)


def _to_data(column: RawColumn) -> dict[str, Any]:
    if isinstance(column, WordColumn):
        return {
            "name": column.name,
            "type": "word",
            "words": list(column.words),
            "absent": list(column.absent),
            "present": list(column.present),
        }
    return {
        "name": column.name,
        "type": "number",
        "encoding": "thermometer" if column.thermometer else "level",
        "thresholds": list(column.thresholds),
        "lowest": column.lowest,
        "step": column.step,
        **({} if column.fill is None else {"fill": column.fill}),
    }


def _column(entry: object) -> RawColumn:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise ValueError("it has a column without a name")
    try:
        made = _word_column(entry) if entry["type"] == "word" else _number_column(entry)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"its column {entry['name'][:40]!r} is damaged: {error}") from None
    return made


def _word_column(entry: Mapping[str, Any]) -> WordColumn:
    words, absent, present = (tuple(entry[key]) for key in ("words", "absent", "present"))
    whole = all(type(code) is int for code in (*absent, *present))
    if not all(isinstance(word, str) for word in words) or not whole or not words:
        raise ValueError("words are texts, and their codes whole numbers")
    if not len(words) == len(absent) == len(present):
        raise ValueError("there are not as many codes as words")
    return WordColumn(entry["name"], words, absent, present)


def _number_column(entry: Mapping[str, Any]) -> NumberColumn:
    if entry["type"] != "number" or entry["encoding"] not in ("thermometer", "level"):
        raise ValueError("type and encoding are number and thermometer or level")
    thresholds = rising(tuple(float32_number(value) for value in entry["thresholds"]))
    if type(entry["lowest"]) is not int or type(entry["step"]) is not int:
        raise ValueError("lowest and step are whole numbers")
    fill = None if entry.get("fill") is None else float32_number(entry["fill"])
    thermometer = entry["encoding"] == "thermometer"
    return NumberColumn(entry["name"], thresholds, thermometer, entry["lowest"], entry["step"], fill)


def rising(thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """The thresholds themselves. Raises ValueError if they fall."""
    if any(a > b for a, b in pairwise(thresholds)):
        raise ValueError("the thresholds fall")
    return thresholds


def float32_number(value: object) -> float:
    """A number of a JSON file that is a float32 one. Raises ValueError if it is another, or none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or float(np.float32(value)) != value:
        raise ValueError(f"{value!r} is no float32 number")
    return float(value)


def _number(cell: object) -> float | None:
    """A cell as float64; None if there is no number in it."""
    if cell is None or (isinstance(cell, str) and (is_missing(cell.strip()) or "_" in cell)):
        return None
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return None if value != value else value


def _word(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
