"""Some of a tensor's channels."""

from __future__ import annotations

import math
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
from bnngen.ir.moves import ChannelSlice
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Moved
from bnngen.ops.line_buffer import LineBuffer, divisors
from bnngen.ops.lowering import Site, lowers
from bnngen_boards.profile import Board
from bnngen_hw.buffers.window_plan import WindowPlan

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True)
class Slice(Moved):
    """The channels ``first`` to ``last`` (the latter not among them) of a tensor of ``shape``, (*spatial, C),
    whose elements are of ``input_type``."""

    shape: Shape
    first: int
    last: int
    input_type: IntType

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        self.check(inputs)
        return (*self.shape[:-1], self.last - self.first)

    @property
    def positions(self) -> int:
        """Positions of a map."""
        return math.prod(self.shape[:-1])

    @property
    def elements_out(self) -> int:
        """Elements of the output."""
        return self.positions * (self.last - self.first)

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) of the elements of ``shape`` a frame to (frames, *spatial, last - first)."""
        return x.reshape(len(x), *self.shape)[..., self.first : self.last]

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides the channels on both sides and between, with every place for the
        channels that wait."""
        for lanes in divisors(math.gcd(*self.shape[-1:], self.first, self.last)):
            kept = self._kept(lanes)
            for style in kept.styles(board):
                memory = kept.memory(style, board)
                words, ends = self.elements_in // lanes, kept.width * (place.first + place.last)
                structure = kept.structure + Structure(slices=ends, control=words.bit_length())
                cost = memory + Resources(lut=luts(structure, board.family))
                yield Option(Folding(lanes, lanes), "logic", style, words, cost, ring_blocks=memory.bram)

    def _kept(self, lanes: int) -> LineBuffer:
        """Where the channels of a position come together: they arrive in a row, and then none for a while."""
        plan = WindowPlan((1, self.positions), (self.last - self.first) // lanes, (1, 1))
        return LineBuffer(plan, lanes, self.input_type.bits)

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        from bnngen_hw.streams.select import Select
        from bnngen_hw.streams.width import WidthConverter

        assert option is not None
        lanes, bits = option.folding.pe, self.input_type.bits
        converter = [] if i_lanes == lanes else [WidthConverter(self.elements_in, bits, i_lanes, lanes)]
        words, first, last = (n // lanes for n in (self.shape[-1], self.first, self.last))
        select = Select(lanes * bits, words, first, last - first, self.positions)
        return [*converter, select, *self._kept(lanes).hardware(lanes, style=option.feed_style)]


@lowers(ChannelSlice)
def lower(op: ChannelSlice, site: Site) -> Slice:
    """The layer of a slice."""
    return Slice(site.shapes[0], op.first, op.last, site.types[0])
