"""Equal steps over a range, as a Quant node has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Grid:
    """Codes from ``lo`` to ``hi``; the code c stands for (c - zero) * scale.

    ``scale`` is float32: () or broadcast against what is quantised. Rounding is to the nearest, ties to even.
    """

    scale: Floats
    zero: int
    bits: int
    signed: bool

    @property
    def lo(self) -> int:
        """Signed grids are narrow: as many codes below 0 as above."""
        return -self.hi if self.signed else 0

    @property
    def hi(self) -> int:
        """The greatest code."""
        return int(2 ** (self.bits - self.signed) - 1)

    def round(self, x: NDArray[Any]) -> Floats:
        """The values of the grid that are next to ``x``, in its shape."""
        codes = np.clip(np.rint(x / self.scale + self.zero), self.lo, self.hi)
        return ((codes - self.zero) * self.scale).astype(np.float32)


def symmetric(limit: NDArray[Any] | float, bits: int) -> Grid:
    """From -``limit`` to ``limit``, without a zero point."""
    return Grid(_scale(limit, 2 ** (bits - 1) - 1), 0, bits, signed=True)


def asymmetric(low: float, high: float, bits: int) -> Grid:
    """From ``low`` to ``high``, both moved so that 0 is a code exactly: padding and Relu need it."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = _scale(high - low, 2**bits - 1)
    return Grid(scale, int(np.rint(-low / scale)), bits, signed=False)


def _scale(width: NDArray[Any] | float, steps: int) -> Floats:
    """The size of so many steps over a range; that of a range of nothing, or of next to nothing, does not
    matter: numbers so small have few digits."""
    scale = np.asarray(np.asarray(width, np.float64) / steps, np.float32)
    return np.where(scale >= np.finfo(np.float32).tiny, scale, np.float32(1))


def over(low: float, high: float, bits: int) -> Grid:
    """The grid over a range: symmetric where the range is."""
    return symmetric(high, bits) if low == -high else asymmetric(low, high, bits)
