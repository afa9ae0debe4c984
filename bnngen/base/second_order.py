"""The squared error of a layer as a quadratic form of its weights: the Hessian and its inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DAMPING = 0.01
"""Added to the Hessian's diagonal, as a share of its mean: few samples leave it singular."""


def hessian(readings: NDArray[Any]) -> NDArray[np.float64]:
    """The mean of x xT over ``readings`` (readings, inputs), damped: half the Hessian of the mean squared
    error of a row of weights that reads them."""
    x = np.asarray(readings, np.float64)
    square: NDArray[np.float64] = x.T @ x / len(x)
    square[np.diag_indices_from(square)] += DAMPING * float(np.diag(square).mean()) or 1.0
    return square


def inverse_factor(hessian: NDArray[np.float64]) -> NDArray[np.float64]:
    """The upper triangular U with U^T U the inverse of ``hessian``: row k, over its first entry, says how the
    entries behind k answer to a change of entry k once those in front are settled."""
    inverse = np.linalg.inv(hessian)
    return np.asarray(np.linalg.cholesky((inverse + inverse.T) / 2).T, np.float64)


def without(rows: NDArray[Any], gone: NDArray[np.bool_], hessian: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ``rows`` (rows, inputs) of least error of which the inputs ``gone`` (inputs,) are 0: the weights
    that are left make up for the others."""
    found = np.where(gone, 0.0, rows)
    if gone.any() and not gone.all():
        change = np.linalg.solve(
            hessian[np.ix_(~gone, ~gone)], hessian[np.ix_(~gone, gone)] @ rows[:, gone].T
        )
        found[:, ~gone] += change.T
    return found
