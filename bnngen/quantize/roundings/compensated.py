"""Input by input, each time with the weights that are left making up for the error.

Frantar, Ashkboos, Hoefler and Alistarh, "GPTQ: Accurate Post-Training Quantization for Generative
Pre-trained Transformers", ICLR 2023: a row's squared error on the calibration data is a quadratic form of its
weights, and once one weight is rounded the best others follow from the inverse of that form's matrix, as in
Hassibi and Stork, "Optimal Brain Surgeon", 1993. In front of it, weights are fitted by least squares to what
the quantised layers before give in place of what the float ones gave; and each row's limit is chosen anew,
since weights that make up for others want another one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.second_order import hessian, inverse_factor
from bnngen.quantize.grid import Grid, symmetric

SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""The limits that are tried, as shares of the range rule's."""
BLOCK = 64
"""Inputs whose errors are handed on together to those behind them, in one product of matrices."""


def fit(rows: NDArray[Any], exact: NDArray[Any], rough: NDArray[Any]) -> NDArray[Any]:
    """See `WeightRounding`."""
    parts = zip(np.split(rows, len(rough)), exact, rough.astype(np.float64), strict=True)
    return np.concatenate([_fitted(*part) for part in parts])


def _fitted(rows: NDArray[Any], exact: NDArray[Any], rough: NDArray[Any]) -> NDArray[Any]:
    change = rows @ ((exact - rough).T @ rough / len(rough))
    found: NDArray[Any] = rows + np.linalg.solve(hessian(rough), change.T).T
    return found


def on_grid(
    rows: NDArray[Any], limits: NDArray[Any], bits: int, rough: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """See `WeightRounding`. Takes O(inputs^3) steps, and O(inputs^2) for each row and share."""
    groups = [_Group(part, x) for part, x in zip(np.split(rows, len(rough)), rough, strict=True)]
    found, least, share = rows, np.full(len(limits), np.inf), np.ones(len(limits))
    for tried in SHARES:
        scales = np.split(np.broadcast_to(tried * limits, len(rows)), len(groups))
        parts = [group.on(symmetric(s[:, None], bits)) for group, s in zip(groups, scales, strict=True)]
        rounded, errors = (np.concatenate(each) for each in zip(*parts, strict=True))
        errors = errors if len(limits) > 1 else errors.sum(keepdims=True)
        better = errors < least
        found = np.where(better[:, None], rounded, found)
        least, share = np.where(better, errors, least), np.where(better, tried, share)
    return found, share * limits


class _Group:
    """Rows that read the same, with the inverse of their quadratic form ready."""

    def __init__(self, rows: NDArray[Any], readings: NDArray[Any]) -> None:
        form = hessian(readings)
        self._order = np.argsort(-np.diag(form), kind="stable")  # what matters most has most left behind it
        self._rows, self._form = rows[:, self._order], form[self._order][:, self._order]
        self._factor = inverse_factor(self._form)

    def on(self, grid: Grid) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows on the ``grid``, and the error of each."""
        left, inputs = self._rows.copy(), len(self._factor)
        for first in range(0, inputs, BLOCK):
            last = min(first + BLOCK, inputs)
            errors = _in_turn(left[:, first:last], grid, self._factor[first:last, first:last])
            left[:, last:] -= errors @ self._factor[first:last, last:]
        change = left - self._rows
        found = np.empty_like(left)
        found[:, self._order] = left
        return found, ((change @ self._form) * change).sum(1)


def _in_turn(left: NDArray[Any], grid: Grid, factor: NDArray[Any]) -> NDArray[Any]:
    """Round the columns of ``left``, in place; what those behind have to make up for, column by column."""
    errors = np.empty_like(left)
    for k in range(len(factor)):
        column = left[:, k : k + 1]
        rounded = grid.round(column)
        errors[:, k : k + 1] = (column - rounded) / factor[k, k]
        left[:, k : k + 1] = rounded
        left[:, k + 1 :] -= errors[:, k : k + 1] * factor[k, k + 1 :]
    return errors
