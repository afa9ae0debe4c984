"""Several tensors on their way into one stream: the queues in which they wait, and what these cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnngen.cost.lut_model import Structure
from bnngen.cost.resources import Resources
from bnngen.numbers.datatypes import IntType
from bnngen.ops.line_buffer import ring_memory, ring_styles
from bnngen_boards.profile import Board
from bnngen_hw.memories import FeedStyle, ring_depth

if TYPE_CHECKING:
    from bnngen_hw.buffers.join import Join
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True)
class Joined:
    """Takes ``counts[k]`` words of ``lanes`` elements from each tensor k in turn, ``groups`` times a frame.

    The elements of tensor k are of ``types[k]``, those of the stream of ``output_type``.
    """

    lanes: int
    types: tuple[IntType, ...]
    output_type: IntType
    counts: tuple[int, ...]
    groups: int

    @property
    def cycles(self) -> int:
        """Words of a frame."""
        return sum(self.counts) * self.groups

    @property
    def _depths(self) -> list[int]:
        """Words of the queues, before anything is known of the branches: a quarter of a frame."""
        return [ring_depth(max(2, self.groups * count // 4)) for count in self.counts]

    def styles(self, board: Board) -> Iterator[FeedStyle]:
        """The kinds of RAM for the queues."""
        return ring_styles(board, max(self._depths))

    def memory(self, style: FeedStyle, board: Board) -> Resources:
        """What the queues take."""
        queues = zip(self.types, self._depths, strict=True)
        return sum(
            (ring_memory(self.lanes * type_.bits, depth, style, board) for type_, depth in queues),
            Resources(),
        )

    @property
    def structure(self) -> Structure:
        """Counters, and the register behind the queues."""
        return Structure(
            rotating=self.lanes * self.output_type.bits,
            control=sum(4 * depth.bit_length() for depth in self._depths),
            buffers=len(self.counts),
        )

    def heads(self, i_lanes: Sequence[int]) -> list[list[StreamComponent]]:
        """For each tensor, a stream of ``i_lanes`` elements a beat, what changes its lanes."""
        from bnngen_hw.streams.width import WidthConverter

        return [
            [] if width == self.lanes else [WidthConverter(elements, type_.bits, width, self.lanes)]
            for width, type_, elements in zip(i_lanes, self.types, self._elements, strict=True)
        ]

    @property
    def _elements(self) -> list[int]:
        """Elements of each tensor."""
        return [count * self.groups * self.lanes for count in self.counts]

    def hardware(self, style: FeedStyle) -> Join:
        """The component."""
        from bnngen_hw.buffers.join import Join

        encodings = [type_.encoding for type_ in self.types]
        return Join(self.lanes, encodings, self.output_type.encoding, self.counts, self.groups, style=style)
