"""CSV files with a head line: numbers, and one column with the label, the last one if the recipe names none.

Columns that hold text become one column of 0 and 1 for each text that the training file has.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError, RecipeError
from bnngen.base.text import near_names
from bnngen.train.datasets.dataset import Samples, class_indices, part
from bnngen.train.datasets.files import read_whole, required_path
from bnngen.train.recipe import DataTable

Columns = dict[str, list[str]]


def load(table: DataTable) -> Samples:
    """``path`` for training and, if given, ``test_path``. Raises DataError or RecipeError."""
    path = required_path(table, "a CSV file")
    columns = _read(path)
    label = table.label or list(columns)[-1]
    if label not in columns:
        raise RecipeError(f"no column {label!r}; {near_names(label, columns)}", "data.label")
    known = {name: sorted(set(values)) for name, values in columns.items()}
    names = class_indices(np.array(columns[label]))[1]
    train = part(_features(columns, known, label, path), _labels(columns, label, names, path), f"'{path}'")
    if table.test_path is None:
        return Samples(train)
    columns = _read(table.test_path)
    if list(columns) != list(known):
        raise DataError(f"'{table.test_path}' has other columns than '{path}'")
    x, y = _features(columns, known, label, path), _labels(columns, label, names, table.test_path)
    return Samples(train, test=part(x, y, f"'{table.test_path}'"))


def _read(path: Path) -> Columns:
    text = read_whole(path).decode("utf-8-sig", errors="replace")
    try:
        head, *rows = [row for row in csv.reader(io.StringIO(text)) if row] or [[]]
    except csv.Error as error:
        raise DataError(f"'{path}' is not a whole CSV file: {error}") from error
    twice = [name for name, count in Counter(name.strip() for name in head).items() if count > 1]
    if len(head) < 2 or not rows:
        raise DataError(f"'{path}' must have a head line with two columns or more, and lines below it")
    if twice:
        raise DataError(f"'{path}' has more than one column {twice[0]!r} in its head line")
    for number, row in enumerate(rows, 1):
        if len(row) != len(head):
            raise DataError(f"'{path}': row {number} has {len(row)} values for {len(head)} columns")
    return {
        name.strip(): [value.strip() for value in values] for name, *values in zip(head, *rows, strict=True)
    }


def _features(columns: Columns, known: Columns, label: str, path: Path) -> NDArray[np.float32]:
    parts = [_column(name, columns[name], known[name], path) for name in columns if name != label]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _column(name: str, values: list[str], known: list[str], path: Path) -> NDArray[Any]:
    """One column of numbers, or one for each text that is known."""
    if not all(map(_is_number, known)):
        result: NDArray[Any] = np.array(values)[:, None] == np.array(known)
        return result
    wrong = [value for value in values if not _is_number(value)]
    if wrong:
        raise DataError(f"'{path}': the column {name!r} holds {wrong[0]!r} among numbers")
    return np.array([float(value) for value in values])[:, None]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _labels(columns: Columns, label: str, names: list[str], path: Path) -> NDArray[np.int64]:
    unknown = sorted(set(columns[label]) - set(names))
    if unknown:
        raise DataError(f"'{path}': the label {unknown[0]!r} is not among those of the training part")
    return np.array([names.index(value) for value in columns[label]], np.int64)
