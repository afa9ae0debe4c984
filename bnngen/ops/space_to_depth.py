"""Positions that become channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape
from bnngen.ir.window import Axes
from bnngen.numbers.datatypes import IntType
from bnngen.ops.buffered_move import BufferedMove
from bnngen.ops.line_buffer import LineBuffer
from bnngen_hw.buffers.window_plan import WindowPlan


@dataclass(frozen=True)
class SpaceToDepth(BufferedMove):
    """Each block of positions of a map of ``shape``, (H, W, C), becomes one: its channels are the block's
    positions, row by row, each with its own channels; elements of ``input_type``."""

    blocks: Axes
    shape: Shape
    input_type: IntType

    @property
    def elements_out(self) -> int:
        """Elements of the output."""
        return self.elements_in

    @property
    def result(self) -> Shape:
        """The shape of the output."""
        (height, width, channels), (down, along) = self.shape, self.blocks
        return height // down, width // along, channels * down * along

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        self.check(inputs)
        return self.result

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) of the elements of ``shape`` a frame to maps of the output's shape."""
        (height, width, _), (down, along) = self.result, self.blocks
        blocks = x.reshape(len(x), height, down, width, along, -1)
        return blocks.swapaxes(2, 3).reshape(len(x), *self.result)

    @property
    def lane_elements(self) -> int:
        """See `BufferedMove`."""
        return self.shape[-1]

    def rows(self, lanes: int) -> LineBuffer:
        """Windows that lie side by side."""
        (height, width, channels), (down, along) = self.shape, self.blocks
        plan = WindowPlan((height, width), channels // lanes, (down, along), (down, along))
        return LineBuffer(plan, lanes, self.input_type.bits)
