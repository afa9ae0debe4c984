"""All but a few outliers, which would make the steps of few bits coarse: McKinstry et al., "Discovering
Low-Precision Networks Close to Full-Precision Networks for Efficient Embedded Inference", 2018.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.quantize.ranges import Options


def activation(x: NDArray[Any], options: Options) -> tuple[float, float]:
    """The percentile at the top, and what is left of 100 at the bottom."""
    low, high = np.percentile(x, [100 - options.percentile, options.percentile])
    return float(low), float(high)


def weight(rows: NDArray[Any], options: Options) -> NDArray[np.float64]:
    """The percentile of the magnitudes."""
    result: NDArray[np.float64] = np.percentile(np.abs(rows), options.percentile, axis=1)
    return result
