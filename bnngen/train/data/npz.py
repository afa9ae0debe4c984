"""NPZ files: arrays ``x_train``, ``y_train``, and perhaps the same with ``_val`` and ``_test``.

A file with ``x`` and ``y`` alone is cut into parts. JPEG images may stand in for ``x_PART``: all their bytes
as ``x_PART_jpeg``, and where each begins as ``x_PART_off`` (N + 1,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bnngen.data import read_arrays
from bnngen.errors import DataError, RecipeError
from bnngen.train.data.dataset import Part, Samples, part
from bnngen.train.data.files import required_path
from bnngen.train.data.pictures import decode
from bnngen.train.recipe import DataTable

Arrays = dict[str, NDArray]


def load(table: DataTable) -> Samples:
    """Raises DataError if the file can't be read or lacks the arrays, RecipeError without a path."""
    path = required_path(table, "an NPZ file")
    arrays = read_arrays(path)
    if "x" in arrays:
        arrays = {f"{name}_train": array for name, array in arrays.items()}
    train = _part(arrays, "train", table)
    if train is None:
        raise DataError(f"'{path}' must have x_train and y_train, or x and y, not {sorted(arrays)}")
    groups = _groups(arrays, table, len(train))
    return Samples(train, _part(arrays, "val", table), _part(arrays, "test", table), groups)


def _part(arrays: Arrays, name: str, table: DataTable) -> Part | None:
    where = f"'{table.path}', part {name}"
    x, y = arrays.get(f"x_{name}"), arrays.get(f"y_{name}")
    if f"x_{name}_jpeg" in arrays:
        x = decode(arrays[f"x_{name}_jpeg"], arrays[f"x_{name}_off"], where)
    if x is None or y is None:
        return None
    if table.categories is not None:
        x = _with_categories(x, arrays, name, table)
    return part(x, y, where)


def _with_categories(x: NDArray, arrays: Arrays, name: str, table: DataTable) -> NDArray:
    """``x`` (N, features) with one more column of 0 and 1 for each category that the training part has."""
    known, codes = (arrays.get(f"{table.categories}_{part}") for part in ("train", name))
    if known is None or codes is None or codes.ndim != 2 or x.ndim != 2:
        raise RecipeError(
            f"'{table.path}' has no arrays {table.categories}_train and {table.categories}_{name} of shape "
            "(N, columns) beside a table",
            "data.categories",
        )
    columns = [codes[:, [k]] == np.unique(known[:, k]) for k in range(known.shape[1])]
    return np.concatenate([x, *columns], axis=1).astype(np.float32)


def _groups(arrays: Arrays, table: DataTable, samples: int) -> NDArray | None:
    if table.group is None:
        return None
    groups = arrays.get(table.group)
    if groups is None or groups.shape != (samples,):
        raise RecipeError(f"'{table.path}' has no array {table.group!r} of shape ({samples},)", "data.group")
    return groups
