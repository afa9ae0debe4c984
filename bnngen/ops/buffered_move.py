"""Layers that compute nothing, and change the places of elements by rows of a line buffer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ops.layer import Moved
from bnngen.ops.line_buffer import LineBuffer, divisors
from bnngen_boards.profile import Board

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


class BufferedMove(Moved):
    """A layer whose `rows` hand out its elements in their new order."""

    @property
    @abstractmethod
    def lane_elements(self) -> int:
        """The elements that stand together in the input and in the output: lanes divide their number."""

    @abstractmethod
    def rows(self, lanes: int) -> LineBuffer:
        """The buffer that takes and gives so many elements at a time."""

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides what stands together, with every place for the rows."""
        for lanes in divisors(self.lane_elements):
            rows = self.rows(lanes)
            for style in rows.styles(board):
                memory = rows.memory(style, board)
                ends = Structure(slices=rows.width * (place.first + place.last))
                cost = memory + Resources(lut=luts(rows.structure + ends, board.family))
                yield Option(
                    Folding(lanes, lanes), "logic", style, rows.plan.cycles, cost, ring_blocks=memory.bram
                )

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        assert option is not None
        return self.rows(option.folding.pe).hardware(i_lanes, style=option.feed_style)
