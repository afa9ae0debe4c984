"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 and 10,000 pieces of clothing of 28 x 28.

Without a path it is read from where Debian's package ``dataset-fashion-mnist`` puts it.
"""

from __future__ import annotations

from pathlib import Path

from bnngen.base.errors import MissingPackageError
from bnngen.train.datasets import idx
from bnngen.train.datasets.dataset import Samples
from bnngen.train.recipe import DataTable

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def load(table: DataTable) -> Samples:
    """Raises DataError if the files can't be used, MissingPackageError if they are not installed."""
    if table.path is None and not DEBIAN.is_dir():
        raise MissingPackageError(
            f"Fashion-MNIST is not at {DEBIAN}: apt install dataset-fashion-mnist, or name the folder of its "
            "IDX files as data.path"
        )
    return idx.load_folder(table.path or DEBIAN)
