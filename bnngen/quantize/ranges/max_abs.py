"""As far as the greatest magnitude on both sides of 0: the symmetric range of Krishnamoorthi, "Quantizing
deep convolutional networks for efficient inference: A whitepaper", 2018.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.quantize.ranges import Options


def activation(x: NDArray[Any], options: Options) -> tuple[float, float]:
    """From 0 on where nothing is negative, as behind a Relu."""
    limit = float(np.abs(x).max())
    return (0.0 if x.min() >= 0 else -limit), limit


def weight(rows: NDArray[Any], options: Options) -> NDArray[np.float64]:
    """See `Rule`."""
    result: NDArray[np.float64] = np.abs(rows).max(1).astype(np.float64)
    return result
