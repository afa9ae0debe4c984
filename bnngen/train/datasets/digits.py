"""scikit-learn's digits: 1,797 images of 8 x 8, grey levels 0 to 16."""

from __future__ import annotations

import numpy as np

from bnngen.base.errors import MissingPackageError
from bnngen.train.datasets.dataset import Samples, Subset
from bnngen.train.recipe import DataTable


def load(table: DataTable) -> Samples:
    """Raises MissingPackageError without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingPackageError(
            "scikit-learn, which brings the digits, is missing: pip install 'bnngen[train]'"
        ) from None
    digits = load_digits()
    return Samples(Subset(digits.images.astype(np.uint8), digits.target.astype(np.int64)))
