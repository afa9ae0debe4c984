"""How wide a grid is, one rule a file.

Each has ``activation(x, options)``, the range (low, high) of all values ``x``, and ``weight(rows, options)``,
the limits (rows,) of symmetric grids, one for each row of ``rows`` (rows, values): in weights the importer
takes no zero point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Options:
    """What a rule may ask for: the grid's ``bits``, and the ``percentile`` of the recipe (0 to 100)."""

    bits: int
    percentile: float = 99.9


class Rule(Protocol):
    """What a file of this room has."""

    def activation(self, x: NDArray[Any], options: Options) -> tuple[float, float]:
        """The range (low, high) of the values ``x``."""

    def weight(self, rows: NDArray[Any], options: Options) -> NDArray[np.float64]:
        """The limits (rows,) of symmetric grids, for ``rows`` (rows, values)."""
