"""Each weight to the value of the grid that is next to it, whatever is read."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def fit(rows: NDArray[Any], exact: NDArray[Any], rough: NDArray[Any]) -> NDArray[Any]:
    """See `WeightRounding`."""
    return rows


def on_grid(
    rows: NDArray[Any], limits: NDArray[Any], bits: int, rough: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """See `WeightRounding`."""
    return rows, limits
