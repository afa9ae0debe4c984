"""From the least value to the greatest: the asymmetric range of Jacob et al., "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from bnngen.quantize.ranges import Options
from bnngen.quantize.ranges.max_abs import weight

__all__ = ["activation", "weight"]


def activation(x: NDArray[Any], options: Options) -> tuple[float, float]:
    """See `Rule`."""
    return float(x.min()), float(x.max())
