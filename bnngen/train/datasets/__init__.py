"""Data sets: from a name or a file to three parts that are kept apart."""

from __future__ import annotations

from collections.abc import Callable

from bnngen.base.errors import RecipeError
from bnngen.train.choices import SOURCES
from bnngen.train.datasets.dataset import DataSet, Samples
from bnngen.train.datasets.split import split
from bnngen.train.recipe import DataTable

Loader = Callable[[DataTable], Samples]


def load_dataset(table: DataTable) -> DataSet:
    """The data set that the recipe's ``[data]`` asks for, in its parts.

    Raises RecipeError if there is no such set, DataError if its files can't be used, MissingPackageError if
    it comes from a package that is not installed.
    """
    if table.name not in SOURCES:
        raise RecipeError(SOURCES.unknown(table.name), "data.name")
    load: Loader = SOURCES[table.name].load
    return split(load(table), table)
