"""Cutting off a validation and a test part where a data set has none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import DataError
from bnngen.train.datasets.dataset import DataSet, Samples, Subset
from bnngen.train.recipe import DataTable


def split(samples: Samples, table: DataTable) -> DataSet:
    """The three parts; those that are missing come from the training part, the same at every run.

    Each class gives its share; with groups, whole groups are taken. Raises DataError if a part would be
    empty, or if a label appears in the test or validation part only.
    """
    train, groups = samples.train, samples.groups
    validation, test = samples.validation, samples.test
    random = np.random.default_rng(table.split_seed)
    if test is None:
        test, train, groups = _cut(train, groups, table.test, random, "data.test")
    if validation is None:
        validation, train, groups = _cut(train, groups, table.validation, random, "data.validation")
    if min(map(len, (train, validation, test))) == 0:
        raise DataError(f"'{table.name}' has a part without samples")
    classes = int(train.y.max()) + 1
    for name, other in (("validation", validation), ("test", test)):
        if other.y.max() >= classes:
            raise DataError(
                f"'{table.name}': the {name} part has the label {other.y.max()}, the training part not"
            )
        if other.x.shape[1:] != train.x.shape[1:]:
            raise DataError(
                f"'{table.name}': the {name} samples have shape {other.x.shape[1:]}, "
                f"those for training {train.x.shape[1:]}"
            )
    return DataSet(train, validation, test, classes, samples.names, samples.table)


def _cut(
    part: Subset, groups: NDArray[Any] | None, wanted: float, random: np.random.Generator, field: str
) -> tuple[Subset, Subset, NDArray[Any] | None]:
    """What is cut off, what is left, and the groups of what is left."""
    share = wanted if wanted < 1 else wanted / len(part)
    if not 0 < share < 1:
        raise DataError(f"{field} = {wanted:g} leaves nothing of {len(part)} samples")
    kinds = part.y if groups is None else np.zeros(len(part), np.int64)
    units = np.arange(len(part)) if groups is None else np.unique(groups, return_inverse=True)[1]
    chosen = np.zeros(len(part), bool)
    for kind in np.unique(kinds):
        of_kind = np.unique(units[kinds == kind])
        count = max(1, round(share * len(of_kind)))
        chosen |= np.isin(units, random.permutation(of_kind)[:count]) & (kinds == kind)
    return part.take(chosen), part.take(~chosen), None if groups is None else groups[~chosen]
