"""What the host computes of a network's real outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape
from bnngen.ir.host_function import FunctionName


@dataclass(frozen=True, eq=False)
class Head:
    """A function of the real outputs, in float64: Softmax, its logarithm, or Sigmoid.

    ``rows`` (n, length): the numbers of the outputs that are taken together, in the file's order.
    ``shape``: the axes that are left of a frame when each row becomes one number; () if there is one row.
    """

    name: FunctionName
    rows: NDArray[np.int64]
    shape: Shape = ()

    def __call__(self, real: NDArray[np.float64]) -> NDArray[np.float64]:
        """real (frames, outputs), in the file's order, to as many results."""
        result = np.empty_like(real)
        taken = real[:, self.rows]
        if self.name == "Sigmoid":
            small = np.exp(-np.abs(taken))  # never beyond float64
            result[:, self.rows] = np.where(taken >= 0, 1.0, small) / (1 + small)
            return result
        shifted = taken - taken.max(axis=-1, keepdims=True)
        grown = np.exp(shifted)
        total = grown.sum(axis=-1, keepdims=True)
        result[:, self.rows] = shifted - np.log(total) if self.name == "LogSoftmax" else grown / total
        return result
