"""IDX files, the format of MNIST: big-endian sizes, then the bytes. Packed with gzip (.gz) or not."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.train.datasets.dataset import Samples, Subset, part
from bnngen.train.datasets.files import read_whole, required_path
from bnngen.train.recipe import DataTable

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 4


def load(table: DataTable) -> Samples:
    """A folder with the names that MNIST's files have. Raises DataError, or RecipeError without a path."""
    return load_folder(required_path(table, "a folder of IDX files"))


def load_folder(folder: Path) -> Samples:
    """The files ``train-images-idx3-ubyte``, ``t10k-labels-idx1-ubyte`` and so on, perhaps with .gz behind.

    Raises DataError if one is missing or damaged.
    """
    return Samples(_part(folder, "train"), test=_part(folder, "t10k"))


def read_idx(path: Path) -> NDArray[Any]:
    """The array in an IDX file. Raises DataError."""
    data = read_whole(path)
    dtype = _TYPES.get(data[2]) if len(data) >= 4 and data[:2] == b"\0\0" else None
    if dtype is None:
        raise DataError(f"'{path}' is not an IDX file: it begins with {data[:4]!r}")
    rank = data[3]
    if not 1 <= rank <= _MOST_AXES:
        raise DataError(f"'{path}' is an IDX file of {rank} axes; accepted are 1 to {_MOST_AXES}")
    body = data[4 + 4 * rank :]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank]) if len(data) >= 4 + 4 * rank else (0,)
    if len(body) != math.prod(shape) * np.dtype(dtype).itemsize or not body:
        raise DataError(f"'{path}' is not a whole IDX file: {len(body)} bytes for the shape {shape}")
    array = np.frombuffer(body, dtype).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="))


def _part(folder: Path, name: str) -> Subset:
    images, labels = (_find(folder, f"{name}-{what}") for what in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    return part(read_idx(images), read_idx(labels), f"'{images}'")


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataError(f"the folder '{folder}' has neither {name} nor {name}.gz")
