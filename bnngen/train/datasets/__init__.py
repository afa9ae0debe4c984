"""Data sets: from a name or a file to three parts that are kept apart."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from bnngen.base.errors import RecipeError
from bnngen.base.toml import near_names
from bnngen.train.datasets.dataset import DataSet, Samples
from bnngen.train.datasets.split import split
from bnngen.train.recipe import DataTable

Loader = Callable[[DataTable], Samples]

SOURCES = ("csv", "digits", "fashion_mnist", "idx", "images", "mnist", "mnist_5000", "npz")
"""The modules of this package that each have a function ``load(table) -> Samples``."""


def load_dataset(table: DataTable) -> DataSet:
    """The data set that the recipe's ``[data]`` asks for, in its parts.

    Raises RecipeError if there is no such set, DataError if its files can't be used, MissingPackageError if
    it comes from a package that is not installed.
    """
    if table.name not in SOURCES:
        raise RecipeError(f"no data set {table.name!r}; {near_names(table.name, SOURCES)}", "data.name")
    module = import_module(f"{__name__}.{table.name}")
    return split(module.load(table), table)
