"""The range of least mean squared error: Sung, Shin and Hwang, "Resiliency of Deep Neural Networks under
Quantization", 2015.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.quantize.grid import over, symmetric
from bnngen.quantize.ranges import Options

SHARES = np.geomspace(0.01, 1.0, 64)
"""The ranges that are tried, as shares of the widest one."""

SAMPLES = 50_000
"""How many activations the error is measured on, evenly spread over all."""


def activation(x: NDArray[Any], options: Options) -> tuple[float, float]:
    """The least and the greatest value, each made ever smaller while the other stays, twice in turn."""
    values = x.reshape(-1)[:: max(1, x.size // SAMPLES)]
    ends = [min(float(x.min()), 0.0), max(float(x.max()), 0.0)]

    def error(end: int, share: float) -> float:
        low, high = (share * e if k == end else e for k, e in enumerate(ends))
        return float(np.square(over(low, high, options.bits).round(values) - values).mean())

    for end in (1, 0) * 2:
        ends[end] *= min(SHARES[::-1], key=partial(error, end))
    return ends[0], ends[1]


def weight(rows: NDArray[Any], options: Options) -> NDArray[np.float64]:
    """See `Rule`."""
    widest = np.abs(rows).max(1).astype(np.float64)
    errors = [
        np.square(symmetric(share * widest[:, None], options.bits).round(rows) - rows).mean(1)
        for share in SHARES
    ]
    result: NDArray[np.float64] = SHARES[np.argmin(errors, axis=0)] * widest
    return result
