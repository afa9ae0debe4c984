"""What every loader gives, and what training takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError

_TYPES = {"uint8", "int8", "int16", "int32", "int64", "float32", "float64"}
"""What torch has as well."""

MOST_CLASSES = 1 << 16
"""A network has an output for every class up to the greatest label."""


@dataclass(frozen=True, eq=False)
class Subset:
    """Samples with their labels: ``x`` (N, features), (N, L, C), (N, H, W) or (N, H, W, C) of a type that
    torch has, ``y`` (N,) class indices from 0."""

    x: NDArray[Any]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, chosen: NDArray[Any]) -> Subset:
        """The samples at the indices (or where the mask) ``chosen``."""
        return Subset(self.x[chosen], self.y[chosen])


@dataclass(frozen=True)
class SourceColumn:
    """A column of a table, and the ``features`` that it becomes: one for numbers, one for each of ``words``,
    none if it is left out; ``note`` says why. ``fill`` stands for a number that is missing, if any may."""

    name: str
    kind: str
    missing: int
    words: tuple[str, ...] = ()
    fill: float | None = None
    note: str = ""

    @property
    def features(self) -> int:
        """How many numbers it becomes."""
        return 0 if self.note else len(self.words) or 1


@dataclass(frozen=True)
class TableSource:
    """The table that samples come from: ``rows`` of it, without the ``dropped`` ones with gaps."""

    file: str
    rows: int
    dropped: int
    delimiter: str
    header: bool
    label: str
    columns: tuple[SourceColumn, ...]

    @property
    def used(self) -> tuple[SourceColumn, ...]:
        """The columns that become features, in their order."""
        return tuple(column for column in self.columns if column.features)


@dataclass(frozen=True, eq=False)
class Samples:
    """What a loader found: the training part, and the others where the set has them.

    ``groups`` (N,) tells which training samples belong together (one speaker, one track). ``names`` are those
    of the classes, where they have any; ``table`` is where the samples come from, if that is one.
    """

    train: Subset
    validation: Subset | None = None
    test: Subset | None = None
    groups: NDArray[Any] | None = None
    names: tuple[str, ...] = ()
    table: TableSource | None = None


@dataclass(frozen=True, eq=False)
class DataSet:
    """Three parts without a sample in common. Choices are made on ``validation``; ``test`` is looked at
    once, at the end. ``names`` and ``table`` are those of `Samples`."""

    train: Subset
    validation: Subset
    test: Subset
    classes: int
    names: tuple[str, ...] = ()
    table: TableSource | None = None


def part(x: NDArray[Any], y: NDArray[Any], where: str) -> Subset:
    """``x`` and ``y`` checked to be samples with class labels. Raises DataError; ``where`` names the file."""
    if x.dtype.kind not in "biuf":
        raise DataError(f"{where}: the samples must be real numbers, not {x.dtype}")
    if x.ndim not in (2, 3, 4):
        raise DataError(
            f"{where}: the samples have shape {x.shape}; accepted are (N, features), (N, L, C), (N, H, W) "
            "and (N, H, W, C)"
        )
    if x.dtype.kind == "f" and not (np.abs(x) <= np.finfo(np.float32).max).all():
        raise DataError(
            f"{where}: the samples hold NaN, infinity or numbers beyond float32; accepted are finite numbers"
        )
    if y.shape != (len(x),) or y.dtype.kind not in "iu" or y.min(initial=0) < 0:
        raise DataError(f"{where}: the labels must be {len(x)} class indices from 0, not {y.dtype} {y.shape}")
    if y.max(initial=0) >= MOST_CLASSES:
        raise DataError(
            f"{where}: the labels reach {y.max()}; accepted are class indices below {MOST_CLASSES:,}: number "
            "the classes from 0"
        )
    if x.dtype.name not in _TYPES or not x.dtype.isnative:
        x = x.astype(np.float64)
    return Subset(x, y.astype(np.int64))
