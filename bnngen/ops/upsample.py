"""Nearest-neighbour upsampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape
from bnngen.ir.moves import Upsampling
from bnngen.ir.window import Axes
from bnngen.numbers.datatypes import IntType
from bnngen.ops.buffered_move import BufferedMove
from bnngen.ops.line_buffer import LineBuffer
from bnngen.ops.lowering import Site, lowers
from bnngen_hw.buffers.window_plan import WindowPlan


@dataclass(frozen=True)
class Upsample(BufferedMove):
    """Each position of a map of ``shape``, (H, W, C) or (L, C), ``factors`` times along each axis; elements
    of ``input_type``."""

    factors: Axes
    shape: Shape
    input_type: IntType

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        self.check(inputs)
        return (*(n * k for n, k in zip(self.shape, self.factors, strict=False)), self.shape[-1])

    @property
    def elements_out(self) -> int:
        """Elements of the output."""
        return self.elements_in * math.prod(self.factors)

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) of the elements of ``shape`` a frame to a map of the output's shape."""
        y = x.reshape(len(x), *self.shape)
        for axis, factor in enumerate(self.factors, start=1):
            y = np.repeat(y, factor, axis=axis)
        return y

    @property
    def lane_elements(self) -> int:
        """See `BufferedMove`."""
        return self.shape[-1]

    def rows(self, lanes: int) -> LineBuffer:
        """A row of positions, each read again and again, and the whole row again and again."""
        height, width = (1, *self.shape[:-1])[-2:]
        down, along = (1, *self.factors)[-2:]
        plan = WindowPlan((height, width), self.shape[-1] // lanes, (1, 1), repeats=along, row_repeats=down)
        return LineBuffer(plan, lanes, self.input_type.bits)


@lowers(Upsampling)
def lower(op: Upsampling, site: Site) -> Upsample:
    """The layer of an upsampling."""
    return Upsample(op.factors, site.shapes[0], site.types[0])
