"""How weights come to their grid, one way a file.

Weights are ``rows`` (rows, inputs). ``exact`` and ``rough`` (groups, readings, inputs) are what they read in
the float network and in the quantised one; the first group of as many rows reads the first of them, and so
on.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray


class WeightRounding(Protocol):
    """What a file of this room has."""

    def fit(self, rows: NDArray[Any], exact: NDArray[Any], rough: NDArray[Any]) -> NDArray[Any]:
        """The float weights for which the range rule then chooses limits."""

    def on_grid(
        self, rows: NDArray[Any], limits: NDArray[Any], bits: int, rough: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Weights, and the limits of the symmetric grids of so many ``bits`` to which they are then rounded;
        ``limits`` (rows,), or (1,) for all, are those of the range rule."""
