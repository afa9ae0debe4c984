"""Channels that become positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ir.graph import Shape
from bnngen.ir.window import Axes
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Moved
from bnngen.ops.line_buffer import LineBuffer, divisors
from bnngen_boards.profile import Board
from bnngen_hw.buffers.window_plan import WindowPlan

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True)
class DepthToSpace(Moved):
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

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides what comes of a row of a block, with every place for the row."""
        for lanes in divisors(self.result[-1] * self.blocks[1]):
            rows = self._rows(lanes)
            for style in rows.styles(board):
                memory = rows.memory(style, board)
                ends = Structure(slices=rows.width * (place.first + place.last))
                cost = memory + Resources(lut=luts(rows.structure() + ends, board.family))
                yield Option(
                    Folding(lanes, lanes), "logic", style, rows.plan.cycles, cost, ring_blocks=memory.bram
                )

    def _rows(self, lanes: int) -> LineBuffer:
        """A row of positions, read again for each row of the blocks, each time another part of them."""
        height, width, channels = self.shape
        down = self.blocks[0]
        plan = WindowPlan((height, width), channels // lanes, (1, 1), row_repeats=down, spread=True)
        return LineBuffer(plan, lanes, self.input_type.bits)

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        assert option is not None
        return self._rows(option.folding.pe).hardware(i_lanes, style=option.feed_style)
