"""The greatest, or the least, element of each window."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ir.layers import Pooling
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.line_buffer import LineBuffer, divisors
from bnngen.ops.lowering import Site, lowers
from bnngen.ops.windowed import Windowed
from bnngen_boards.profile import Board
from bnngen_hw.memories import FeedStyle

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True, eq=False)
class MaxPool(Windowed):
    """The greatest element of each window, channel by channel; the least one in channels where ``least``.

    ``least`` (C,); ``spatial`` is the shape of the input map, (H, W) or (L,), of elements of ``input_type``.
    Padded positions don't count. On bipolar bits it is an OR of the window's bits, or an AND.
    """

    window: Window
    spatial: Axes
    least: NDArray[np.bool_]
    input_type: IntType

    @property
    def output_type(self) -> IntType:
        """That of the input."""
        return self.input_type

    @property
    def channels(self) -> int:
        """C."""
        return len(self.least)

    @property
    def channels_out(self) -> int:
        """C."""
        return len(self.least)

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) with H*W*C elements a frame to (frames, *positions, C)."""
        maps = x.reshape(len(x), *self.spatial, self.channels)
        greatest = self._greatest(maps, self.input_type.lo)
        if not self.least.any():
            return greatest
        return np.where(self.least, -self._greatest(-maps, -self.input_type.hi), greatest)

    def _greatest(self, maps: NDArray[Any], fill: int) -> NDArray[Any]:
        windows = self.window.gather(maps, fill)
        taps = windows.reshape(*windows.shape[: 1 + len(self.spatial)], -1, self.channels)
        return reduce(np.maximum, np.moveaxis(taps, -2, 0))

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides the channels, with every place for its lines."""
        for lanes in divisors(self.channels):
            buffer = self._buffer(lanes)
            for style in buffer.styles(board):
                yield self._option(buffer, style, place, board)

    def _buffer(self, lanes: int) -> LineBuffer:
        words = self.channels // lanes
        plan = self.window.plan(self.spatial, words, groups=words)
        return LineBuffer(plan, lanes, self.input_type.bits)

    def _option(self, buffer: LineBuffer, style: FeedStyle, place: Place, board: Board) -> Option:
        compared = 0 if self.input_type.bipolar else buffer.width
        structure = Structure(
            choices=buffer.width,
            comparisons=compared,
            slices=buffer.width * (place.first + place.last),
            control=self.window.taps.bit_length() + buffer.plan.words.bit_length(),
        )
        cost = Resources(lut=luts(structure + buffer.structure, board.family), ff=2 * buffer.width)
        folding, memory = Folding(buffer.lanes, buffer.lanes), buffer.memory(style, board)
        return Option(folding, "logic", style, buffer.plan.cycles, cost + memory, ring_blocks=memory.bram)

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        from bnngen_hw.pool import WindowMaximum

        assert option is not None
        lanes, marked = option.folding.simd, self.window.padded
        maximum = WindowMaximum(
            self.input_type.encoding,
            lanes,
            self.window.taps,
            math.prod(self.positions),
            self.least,
            marked,
            (self.input_type.lo, self.input_type.hi),
        )
        return [*self._buffer(lanes).hardware(i_lanes, option.feed_style, mark=marked), maximum]


@lowers(Pooling)
def lower(op: Pooling, site: Site) -> MaxPool:
    """The layer of a pooling."""
    *spatial, channels = site.shapes[0]
    return MaxPool(op.window, tuple(spatial), np.resize(np.array(op.least), channels), site.types[0])
