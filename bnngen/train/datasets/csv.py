"""CSV files: numbers, words, and one column with the label, the last one if the recipe names none.

Columns of words, and of numbers that the recipe calls words, become one feature of 0 and 1 for each word that
the training file has. What only numbers the rows, or tells their time, is left out and pointed out.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError, RecipeError
from bnngen.base.text import near_names
from bnngen.reference.table_file import TextTable, number_of, read_table
from bnngen.train.datasets.columns import USELESS, FoundColumn, find_column, float32_of
from bnngen.train.datasets.dataset import Samples, SourceColumn, Subset, TableSource, part
from bnngen.train.datasets.files import read_whole, required_path
from bnngen.train.recipe import DataTable


def load(table: DataTable) -> Samples:
    """``path`` for training and, if given, ``test_path``. Raises DataError or RecipeError."""
    path = required_path(table, "a CSV file")
    read = _read(path, table, table.header)
    label = table.label or list(read.columns)[-1]
    _check_names(read, label, table)
    classes = _classes(read, label, table)
    found = [find_column(n, cells, n in table.words) for n, cells in read.columns.items() if n != label]
    columns = tuple(_source(column, read, table) for column in found)
    if not any(column.features for column in columns):
        notes = "; ".join(f"{column.name!r} is {column.note}" for column in columns)
        raise DataError(f"{read.where} has no column left to learn from: {notes}")
    train, dropped = _part(read, columns, label, classes, table)
    source = TableSource(str(path), read.rows, dropped, read.delimiter, read.header, label, columns)
    if table.test_path is None:
        return Samples(train, names=classes, table=source)
    other = _read(table.test_path, table, read.header)
    if list(other.columns) != list(read.columns):
        raise DataError(f"'{table.test_path}' has other columns than '{path}'")
    test, _ = _part(other, columns, label, classes, table)
    return Samples(train, test=test, names=classes, table=source)


def _read(path: Path, table: DataTable, header: bool | None) -> TextTable:
    return read_table(read_whole(path), f"'{path}'", table.delimiter, header, table.label)


def _check_names(read: TextTable, label: str, table: DataTable) -> None:
    named = {"label": [label], "drop": table.drop, "keep": table.keep, "words": table.words}
    for field, names in named.items():
        for name in names:
            if name not in read.columns:
                raise RecipeError(f"no column {name!r}; {near_names(name, read.columns)}", f"data.{field}")


def _source(column: FoundColumn, read: TextTable, table: DataTable) -> SourceColumn:
    """What becomes of a column. Raises DataError if it has gaps that nothing is said of."""
    name, missing = column.name, len(column.missing) + len(column.odd)
    if name in table.drop:
        return SourceColumn(name, column.kind, missing, note="left out, as you say")
    if (why := USELESS.get(column.kind)) is not None and name not in (*table.keep, *table.words):
        note = f"left out: it {why} ({_option(name, 'keep')}, keeps it)"
        return SourceColumn(name, column.kind, missing, note=note)
    if column.gaps and table.missing == "error":
        raise DataError(_gaps(column, read))
    cells = read.columns[name]
    fill = _median(cells) if table.missing == "fill" and not column.words else None
    return SourceColumn(name, column.kind, missing, column.words, fill)


def _gaps(column: FoundColumn, read: TextTable) -> str:
    """What is wrong with a column of numbers, and what to do."""
    row = column.gaps[0]
    cell = read.columns[column.name][row]
    as_words = f", or read it as words ({_option(column.name, 'words')})" if column.odd else ""
    return (
        f"{read.where}: the column {column.name!r} holds numbers, but none in {len(column.gaps):,} of "
        f"{read.rows:,} rows, the first in row {row + 1} ({cell!r}); leave such rows out "
        f"({_option('drop')}), fill in the median of the column ({_option('fill')}), or leave out the column "
        f"({_option(column.name, 'drop')}){as_words}"
    )


def _option(value: str, name: str = "missing") -> str:
    """How a choice is said to the command, and in a recipe."""
    return f"--{name} {value}, or data.{name} in a recipe"


def _median(cells: list[str]) -> float:
    values = [value for value in map(float32_of, cells) if value is not None]
    return float(np.float32(np.median(values)))


def _classes(read: TextTable, label: str, table: DataTable) -> tuple[str, ...]:
    """The names of the classes, sorted: as numbers if they all are. Raises DataError if they are none."""
    counts = Counter(cell for cell in _labels(read, label, table) if cell)
    parts = 3 if table.test_path is None else 2
    rare = [name for name, count in counts.items() if count < parts]
    if len(counts) < 2 or 2 * len(rare) > len(counts):
        raise DataError(
            f"{read.where}: the labels in the column {label!r} are {len(counts):,} classes for {read.rows:,} "
            "rows; accepted are two classes or more, each of many rows: name the column of the labels "
            f"({_option('NAME', 'label')})"
        )
    if rare:
        raise DataError(
            f"{read.where}: the class {rare[0]!r} has {counts[rare[0]]} of {read.rows:,} rows, and each part "
            f"of the data needs one, so that {parts} are the least; record more of them, or leave them out"
        )
    numbers = {name: number_of(name) for name in counts}
    if None in numbers.values():
        return tuple(sorted(counts))
    return tuple(sorted(counts, key=lambda name: (numbers[name], name)))


def _labels(read: TextTable, label: str, table: DataTable) -> list[str]:
    """The cells with the labels. Raises DataError if some are empty, and not to be left out."""
    cells = read.columns[label]
    if table.missing != "drop" and "" in cells:
        raise DataError(
            f"{read.where}: row {cells.index('') + 1} has no label in the column {label!r}; leave such rows "
            f"out ({_option('drop')})"
        )
    return cells


def _part(
    read: TextTable, columns: tuple[SourceColumn, ...], label: str, classes: tuple[str, ...], table: DataTable
) -> tuple[Subset, int]:
    """The samples, and how many rows are left out of them."""
    labels = _labels(read, label, table)
    unknown = sorted(set(labels) - set(classes) - {""})
    if unknown:
        raise DataError(f"{read.where}: the label {unknown[0]!r} is not among those of the training part")
    used = [_features(column, read, table) for column in columns if column.features]
    x = np.concatenate(used, axis=1).astype(np.float32)
    number = {name: index for index, name in enumerate(classes)}
    y = np.array([number.get(name, -1) for name in labels], np.int64)
    kept = (y >= 0) & ~np.isnan(x).any(axis=1)
    if not kept.any():
        raise DataError(f"{read.where}: no row is left without a gap")
    return part(x[kept], y[kept], read.where), int((~kept).sum())


def _features(column: SourceColumn, read: TextTable, table: DataTable) -> NDArray[np.float64]:
    """A column (rows, features), with NaN in rows to leave out."""
    cells = read.columns[column.name]
    if column.words:
        result: NDArray[np.float64] = (np.array(cells)[:, None] == np.array(column.words)).astype(np.float64)
        return result
    values = [float32_of(cell) for cell in cells]
    if None in values and table.missing == "error":
        raise DataError(_gaps(find_column(column.name, cells), read))
    other = np.nan if column.fill is None else column.fill
    return np.array([other if value is None else value for value in values])[:, None]
