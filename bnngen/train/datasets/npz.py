"""NPZ files: arrays ``x_train``, ``y_train``, and perhaps the same with ``_val`` and ``_test``.

A file with ``x`` and ``y`` alone is cut into parts. JPEG images may stand in for ``x_PART``: all their bytes
as ``x_PART_jpeg``, and where each begins as ``x_PART_off`` (N + 1,). ``classes``, texts, may name the
classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError, RecipeError
from bnngen.base.npz import Npz
from bnngen.train.datasets.dataset import Samples, Subset, part
from bnngen.train.datasets.files import required_path
from bnngen.train.datasets.pictures import decode
from bnngen.train.recipe import DataTable

Find = Callable[[str], NDArray[Any] | None]
"""From the name of an array to the array, if there is one."""


def load(table: DataTable) -> Samples:
    """Raises DataError if the file can't be read or lacks the arrays, RecipeError without a path."""
    path = required_path(table, "an NPZ file")
    arrays = Npz(path)
    if "x_scale" in arrays:
        raise DataError(f"'{path}' has x_scale, which training does not know: save x as the network takes it")

    def find(name: str) -> NDArray[Any] | None:
        return arrays.get(name.removesuffix("_train") if "x" in arrays else name)

    train = _part(find, "train", table)
    if train is None:
        raise DataError(f"'{path}' must have x_train and y_train, or x and y, not {arrays.names}")
    groups = _groups(find, table, len(train))
    names = _names(arrays, int(train.y.max(initial=0)) + 1)
    return Samples(train, _part(find, "val", table), _part(find, "test", table), groups, names)


def _part(find: Find, name: str, table: DataTable) -> Subset | None:
    where = f"'{table.path}', part {name}"
    y, packed, offsets = (find(key) for key in (f"y_{name}", f"x_{name}_jpeg", f"x_{name}_off"))
    x = find(f"x_{name}") if packed is None or offsets is None else decode(packed, offsets, where)
    if x is None or y is None:
        return None
    if table.categories is not None:
        x = _with_categories(x, find, name, table)
    return part(x, y, where)


def _with_categories(x: NDArray[Any], find: Find, name: str, table: DataTable) -> NDArray[Any]:
    """``x`` (N, features) with one more column of 0 and 1 for each category that the training part has."""
    known, codes = (find(f"{table.categories}_{part}") for part in ("train", name))
    if known is None or codes is None or codes.ndim != 2 or x.ndim != 2:
        raise RecipeError(
            f"'{table.path}' has no arrays {table.categories}_train and {table.categories}_{name} of shape "
            "(N, columns) beside a table",
            "data.categories",
        )
    columns = [codes[:, [k]] == np.unique(known[:, k]) for k in range(known.shape[1])]
    return np.concatenate([x, *columns], axis=1).astype(np.float32)


def _names(arrays: Npz, classes: int) -> tuple[str, ...]:
    """The names in the array ``classes``, if it has one for each class of the training part."""
    found = arrays.get("classes")
    if found is None or found.dtype.kind != "U" or found.shape != (classes,):
        return ()
    names = tuple(str(name) for name in found)
    return names if len(set(names)) == classes else ()


def _groups(find: Find, table: DataTable, samples: int) -> NDArray[Any] | None:
    if table.group is None:
        return None
    groups = find(table.group)
    if groups is None or groups.shape != (samples,):
        raise RecipeError(f"'{table.path}' has no array {table.group!r} of shape ({samples},)", "data.group")
    return groups
