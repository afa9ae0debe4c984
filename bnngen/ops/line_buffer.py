"""The line buffer of a layer with a sliding window: what it costs, and where it can lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.resources import Resources, memory_blocks
from bnngen_boards.profile import Board
from bnngen_hw.buffers.window_plan import WindowPlan
from bnngen_hw.memories import FeedStyle, ring_depth

if TYPE_CHECKING:
    from bnngen_hw.buffers.window import SlidingWindow
    from bnngen_hw.component import StreamComponent


MOST_LUT_WORDS = 256
"""Deeper rings are never made of LUTs."""


@dataclass(frozen=True)
class LineBuffer:
    """Keeps the lines that ``plan`` reads, words of ``lanes`` elements of ``bits`` bits."""

    plan: WindowPlan
    lanes: int
    bits: int

    @property
    def width(self) -> int:
        """Bits of a word."""
        return self.lanes * self.bits

    @cached_property
    def depth(self) -> int:
        """Words of the ring, as far as the plan alone tells: two windows, for the next map comes in while
        the last windows of one are read."""
        return ring_depth(2 * self.plan.least_capacity)

    def styles(self, board: Board) -> Iterator[FeedStyle]:
        """The kinds of RAM that may hold the ring."""
        return ring_styles(board, self.depth)

    def memory(self, style: FeedStyle, board: Board) -> Resources:
        """What the ring takes."""
        return ring_memory(self.width, self.depth, style, board)

    @cached_property
    def structure(self) -> Structure:
        """Counters and the address."""
        control = sum(loop.turns.bit_length() for loop in self.plan.loops)
        control += 3 * self.depth.bit_length() + 4 * self.plan.map_words.bit_length()
        return Structure(control=control, buffers=1)

    def hardware(
        self, i_lanes: int, style: FeedStyle, pad: int = 0, mark: bool = False
    ) -> list[StreamComponent]:
        """The components, for an input stream of ``i_lanes`` elements a beat."""
        from bnngen_hw.buffers.window import SlidingWindow
        from bnngen_hw.streams.width import WidthConverter

        window = SlidingWindow(self.plan, self.width, None, pad, mark, style)
        if i_lanes == self.lanes:
            return [window]
        elements = self.plan.map_words * self.lanes
        return [WidthConverter(elements, self.bits, i_lanes, self.lanes), window]


def ring_styles(board: Board, depth: int) -> Iterator[FeedStyle]:
    """The kinds of RAM that may hold a ring of ``depth`` words."""
    yield "block"
    if board.resources.lutram_bits and depth <= MOST_LUT_WORDS:
        yield "distributed"


def small_memory(board: Board) -> FeedStyle:
    """The kind of RAM for a few words."""
    return "distributed" if board.resources.lutram_bits else "block"


def ring_memory(width: int, depth: int, style: FeedStyle, board: Board) -> Resources:
    """What a ring of ``depth`` words of ``width`` bits takes."""
    resources = board.resources
    if style == "block":
        return Resources(bram=memory_blocks(width, depth, resources.bram.shapes))
    # a write port beside the read port takes about as many LUTs again as the bits
    return Resources(lut=-(-width * depth * 3 // (2 * resources.lutram_bits)))


def queue_luts(queue: SlidingWindow, board: Board) -> int:
    """LUTs of a queue that no layer has planned."""
    own = LineBuffer(queue.plan, 1, queue.width).structure
    in_luts = queue.style == "distributed"
    ring = ring_memory(queue.width, queue.depth, "distributed", board) if in_luts else Resources()
    control: int = luts(own, board.family)
    return control + ring.lut


def divisors(number: int) -> list[int]:
    """All whole numbers that divide ``number``, ascending."""
    return [k for k in range(1, number + 1) if number % k == 0]
