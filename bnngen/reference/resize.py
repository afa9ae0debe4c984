"""Images and sequences of integers made smaller, exactly: new values are means of the areas they cover."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.reference.table_file import TextTable, numbers_of

TYPES = ("uint8", "int8", "int16", "int32")
"""Of what stored values may be."""
_AT_ONCE = 1 << 20
"""Values of samples that are widened to 64 bits at the same time."""


@dataclass(frozen=True)
class Resize:
    """Samples of one ``shape``, the channels last, get ``size`` places: one number of steps, or rows and
    columns, not above the shape's.

    Along an axis of ``length`` the new value j covers j*length/size to (j+1)*length/size. Shares of values
    are whole numbers in units of 1/size, so the mean is exact; it is rounded to the nearest integer, halves
    up.
    ``type``, one of `TYPES`, is that of the stored values.
    """

    shape: tuple[int, ...]
    size: tuple[int, ...]
    type: str

    @property
    def resized_shape(self) -> tuple[int, ...]:
        """That of a sample behind it."""
        return (*self.size, self.shape[-1])

    @property
    def values(self) -> int:
        """How many values a stored sample has."""
        return math.prod(self.shape)

    @property
    def area(self) -> int:
        """What the shares of a new value add up to."""
        return math.prod(self.shape[:-1])

    @property
    def range(self) -> tuple[int, int]:
        """The least and the greatest value that a sample may hold."""
        info = np.iinfo(self.type)
        return int(info.min), int(info.max)

    def __call__(self, x: NDArray[Any]) -> NDArray[np.integer]:
        """Samples (N, *shape), or their values in a row, to (N, *size, channels) of the stored type. Raises
        DataError unless they are whole numbers of its range."""
        if x.shape[1:] not in (self.shape, (self.values,)):
            raise DataError(f"the network takes samples of shape {self.shape}, not {x.shape[1:]}")
        low, high = self.range
        if not np.can_cast(x.dtype, self.type):
            strange = ~((x >= low) & (x <= high) & (x == np.floor(x)))
            if strange.any():
                raise DataError(f"the network takes integers from {low:,} to {high:,}, not {x[strange][0]}")
        made = np.empty((len(x), *self.resized_shape), self.type)
        step = max(1, _AT_ONCE // self.values)
        for start in range(0, len(x), step):
            part = x[start : start + step].reshape(-1, *self.shape).astype(np.int64)
            for axis, size in enumerate(self.size, 1):
                part = _sums(part, axis, size)
            made[start : start + step] = (2 * part + self.area) // (2 * self.area)
        return made

    def table_samples(self, table: TextTable) -> NDArray[np.integer]:
        """The same of the rows of a CSV file, which have the values of a stored sample in order, the channels
        fastest. Raises DataError, which names the file."""
        values = sample_rows(table, self.shape)
        try:
            return self(values)
        except DataError as error:
            raise DataError(f"{table.where}: {error}") from None

    def to_data(self) -> dict[str, Any]:
        """As it stands in a record, beside the shape of the resized samples."""
        return {"shape": list(self.shape), "type": self.type}


def _sums(x: NDArray[np.int64], axis: int, size: int) -> NDArray[np.int64]:
    """Along ``axis``: for each of ``size`` new values the sum of those it covers, each times its share."""
    length = x.shape[axis]
    parts = []
    for low in range(0, size * length, length):
        first, behind = low // size, -(-(low + length) // size)
        covered = [min((k + 1) * size, low + length) - max(k * size, low) for k in range(first, behind)]
        parts.append(np.tensordot(x.take(range(first, behind), axis), np.array(covered), (axis, 0)))
    return np.stack(parts, axis)


def sample_rows(table: TextTable, shape: tuple[int, ...]) -> NDArray[Any]:
    """The numbers of rows of a CSV file that are samples of this ``shape``. Raises DataError."""
    values = math.prod(shape)
    if len(table.columns) != values:
        raise DataError(
            f"{table.where} has {len(table.columns)} columns; the network takes {values} values a "
            f"row, of samples of shape {shape}"
        )
    return numbers_of(list(table.columns.values()), table.where)


def resize_of(data: object, resized: tuple[int, ...]) -> Resize:
    """What `Resize.to_data` has written, for samples that then have the shape ``resized``. Raises ValueError
    that says what is wrong."""
    if not isinstance(data, Mapping) or not isinstance(data.get("shape"), list):
        raise ValueError("the 'resize' of its 'samples' has no shape")
    shape, type_ = tuple(data["shape"]), data.get("type")
    if type_ not in TYPES:
        raise ValueError(f"the type of the 'resize' of its 'samples' is one of {', '.join(TYPES)}")
    if not all(type(size) is int for size in shape) or len(shape) != len(resized) or len(shape) not in (2, 3):
        raise ValueError("the shape of the 'resize' of its 'samples' has not as many axes as theirs")
    if shape[-1] != resized[-1] or any(a < b for a, b in zip(shape, resized, strict=True)):
        raise ValueError("the 'resize' of its 'samples' makes them larger, or changes their channels")
    made = Resize(shape, resized[:-1], type_)
    if made.values >= 1 << 28:
        raise ValueError("the shape of the 'resize' of its 'samples' has 2**28 values or more")
    return made
