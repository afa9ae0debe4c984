"""MNIST (LeCun, Cortes and Burges): 60,000 and 10,000 handwritten digits of 28 x 28.

They are read from an NPZ file, or from the folder of the IDX files.
"""

from __future__ import annotations

from bnngen.train.datasets import idx, npz
from bnngen.train.datasets.dataset import Samples
from bnngen.train.datasets.files import required_path
from bnngen.train.recipe import DataTable


def load(table: DataTable) -> Samples:
    """Raises DataError if the files can't be used, RecipeError without a path."""
    path = required_path(table, "read from mnist.npz or from the folder of its IDX files")
    return npz.load(table) if path.suffix == ".npz" else idx.load_folder(path)
