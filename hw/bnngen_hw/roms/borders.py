"""What depends on the position of a vector in a map: constants of the border, beside those of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Borders:
    """The positions of a map by classes: those of a class lack the same of each sum.

    ``rows`` (H,) and ``columns`` (W,): the class of each, from 0 on. ``extra`` (row classes, column classes,
    N): what is to be added to the N dot products there.
    """

    rows: Integers
    columns: Integers
    extra: Integers

    @classmethod
    def none(cls, rows: int) -> Borders:
        """One class, whose ``rows`` sums lack nothing."""
        zero = np.zeros(1, np.int64)
        return cls(zero, zero, np.zeros((1, 1, rows), np.int64))

    @property
    def by_class(self) -> Integers:
        """(classes, N): ``extra``, the row's class the slower one."""
        return self.extra.reshape(-1, self.extra.shape[2])

    @property
    def by_position(self) -> Integers:
        """(H * W, N): ``extra`` of each position."""
        grid = self.extra[self.rows[:, None], self.columns]
        return grid.reshape(-1, self.extra.shape[2])
