"""What multiplies, adds up or compares elements: products with integer weights, sums and pools."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.factor import Factor
from bnngen.ir.graph import Shape
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact


@dataclass(frozen=True, eq=False)
class Linear:
    """y = W x with integer weights (N, K); K input elements in channels-last order, output (N,)."""

    weights: NDArray[np.int64]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        rows, columns = self.weights.shape
        if math.prod(inputs[0]) != columns:
            raise ValueError(f"takes {columns} features, not a tensor of shape {inputs[0]}")
        return (rows,)


@dataclass(frozen=True, eq=False)
class Convolution:
    """y = W x at each position of a sliding window, with integer weights (N, K).

    Columns are the window's taps, the first axis slowest, each with the C / ``groups`` channels of the row's
    group. Padded positions hold the number ``pad``. Input (*spatial, C), output (*positions, N).
    """

    weights: NDArray[np.int64]
    window: Window
    groups: int = 1
    pad: Exact = Exact()  # noqa: RUF009 - never changes

    @property
    def channels(self) -> int:
        """C."""
        return int(self.weights.shape[1] // self.window.taps * self.groups)

    @property
    def depthwise(self) -> bool:
        """Whether each output sees only one channel."""
        return self.groups == self.channels

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        *spatial, channels = inputs[0]
        if channels != self.channels:
            raise ValueError(f"takes {self.channels} channels, not a tensor of shape {inputs[0]}")
        return (*self.window.outputs(tuple(spatial)), len(self.weights))


Product = Linear | Convolution
"""What multiplies by integer weights."""


@dataclass(frozen=True)
class Pooling:
    """The greatest element of each window, channel by channel; the least one in channels where ``least``.

    ``least`` has one flag, or one per channel. Padded positions don't count.
    """

    known_as: ClassVar[str] = "MaxPool"

    window: Window
    least: tuple[bool, ...] = (False,)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        *spatial, channels = inputs[0]
        if len(self.least) not in (1, channels):
            raise ValueError(f"has {len(self.least)} flags for {channels} channels")
        return (*self.window.outputs(tuple(spatial)), channels)


@dataclass(frozen=True)
class Sum:
    """factors[0]*x0 + factors[1]*x1 + ..., tensors of one shape times whole numbers."""

    factors: tuple[Factor, ...]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len(inputs) != len(self.factors) or len(set(inputs)) != 1:
            raise ValueError(
                f"adds {len(self.factors)} tensors of one shape, not of {', '.join(map(str, inputs))}"
            )
        return inputs[0]
