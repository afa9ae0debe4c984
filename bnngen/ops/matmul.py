"""Integer matrix products by floating-point routines, where their exactness is proved by range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def exact_matmul(x: NDArray[np.integer], weights: NDArray[np.integer], x_max: int) -> NDArray[np.int64]:
    """x (frames, K) times weights (N, K) transposed, as exact integers (frames, N).

    ``x_max`` bounds the magnitude of every x. A float type whose significand holds sum(|w|)*x_max of every
    row sums without rounding, in whichever order the routine adds.
    """
    bound = int(np.abs(weights).sum(axis=1).max(initial=0)) * x_max
    dtype: Any
    for dtype, exact_to in ((np.float32, 1 << 24), (np.float64, 1 << 53)):
        if bound <= exact_to:
            return (x.astype(dtype) @ weights.astype(dtype).T).astype(np.int64)
    return x.astype(np.int64) @ weights.astype(np.int64).T
