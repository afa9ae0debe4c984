"""Functions at the end of a network for onnx's reference evaluator, whose own know the latest version only.

They are written from ONNX's definitions, not from the importer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FIRST_OVER_ONE_AXIS = 13
"""The version from which on Softmax is over one axis; before it was over that axis and all behind it."""


def softmax(self: Any, x: Floats, axis: int = -1) -> tuple[Any, ...]:
    """exp(x) divided by its sum."""
    return (np.exp(log_softmax(self, x, axis)[0]),)


def log_softmax(self: Any, x: Floats, axis: int = -1) -> tuple[Any, ...]:
    """Its logarithm."""
    rows = x
    if self.run_params["opsets"][""] < FIRST_OVER_ONE_AXIS:
        # the evaluator fills in the latest version's usual axis
        given = [a.i for a in self.onnx_node.attribute if a.name == "axis"]
        first = (given[0] if given else 1) % x.ndim
        rows, axis = x.reshape(*x.shape[:first], -1), -1
    less = rows - rows.max(axis=axis, keepdims=True)
    return ((less - np.log(np.exp(less).sum(axis=axis, keepdims=True))).reshape(x.shape),)


def sigmoid(self: Any, x: Floats) -> tuple[Any, ...]:
    """1 / (1 + exp(-x)), without an overflow."""
    grown = np.exp(-np.abs(x))
    return (np.where(x < 0, grown, 1.0) / (1.0 + grown),)
