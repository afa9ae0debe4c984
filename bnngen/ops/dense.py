"""Fully connected layer on integers, with an optional quantiser behind its sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bnngen.datatypes import IntType
from bnngen.graph import Shape
from bnngen.ops.matmul import exact_matmul
from bnngen.ops.threshold import Threshold


@dataclass(frozen=True, eq=False)
class Dense:
    """acc = W x, then ``activation`` if there is one.

    ``weights`` (N, K) integers; ``input_type`` the type of the K inputs, in channels-last order. Without an
    activation the output is the N dot products.
    """

    weights: NDArray[np.int64]
    input_type: IntType
    activation: Threshold | None = None

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        rows, columns = self.weights.shape
        if math.prod(inputs[0]) != columns:
            raise ValueError(f"takes {columns} features, not a tensor of shape {inputs[0]}")
        return (rows,)

    @cached_property
    def weight_type(self) -> IntType:
        return IntType.of_values(self.weights)

    @cached_property
    def row_ranges(self) -> NDArray[np.int64]:
        """(N, 2): the least and the greatest dot product that each row can reach."""
        low, high = self.weights * self.input_type.lo, self.weights * self.input_type.hi
        return np.stack([np.minimum(low, high).sum(axis=1), np.maximum(low, high).sum(axis=1)], axis=1)

    @property
    def acc_type(self) -> IntType:
        """The type of the dot products."""
        return IntType(int(self.row_ranges[:, 0].min()), int(self.row_ranges[:, 1].max()))

    @property
    def output_type(self) -> IntType:
        return self.acc_type if self.activation is None else self.activation.type

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""
        return self.weights.size

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.int64]:
        """x (frames, ...) with K elements a frame to (frames, N), exact."""
        x = x.reshape(len(x), -1)
        acc = exact_matmul(x, self.weights, max(abs(self.input_type.lo), abs(self.input_type.hi)))
        return acc if self.activation is None else self.activation.compute(acc)
