"""Channels that become positions."""

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
class DepthToSpace(BufferedMove):
    """Each position of a map of ``shape``, (H, W, C), becomes ``blocks`` of them: the channels hold the
    block's positions, row by row, each with its own channels; elements of ``input_type``."""

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
        return height * down, width * along, channels // (down * along)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        self.check(inputs)
        return self.result

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) of the elements of ``shape`` a frame to maps of the output's shape."""
        (height, width, _), (down, along) = self.shape, self.blocks
        blocks = x.reshape(len(x), height, width, down, along, -1)
        return blocks.swapaxes(2, 3).reshape(len(x), *self.result)

    @property
    def lane_elements(self) -> int:
        """See `BufferedMove`."""
        return self.result[-1] * self.blocks[1]

    def rows(self, lanes: int) -> LineBuffer:
        """A row of positions, read again for each row of the blocks, each time another part of them."""
        height, width, channels = self.shape
        down = self.blocks[0]
        plan = WindowPlan((height, width), channels // lanes, (1, 1), row_repeats=down, spread=True)
        return LineBuffer(plan, lanes, self.input_type.bits)
