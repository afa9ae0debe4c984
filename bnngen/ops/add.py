"""The sum of tensors times whole numbers, with an optional quantiser behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.datatypes import IntType
from bnngen.graph import Shape
from bnngen.ops.engine import Engine, EngineOption
from bnngen.ops.layers import Foldable
from bnngen.ops.line_buffer import divisors, ring_memory, ring_styles
from bnngen.ops.threshold import Threshold
from bnngen.ops.weightless import Weightless
from bnngen.schedule.folding import Folding
from bnngen.schedule.lut_model import Structure, luts
from bnngen.schedule.option import Option, Place
from bnngen.schedule.resources import Resources
from bnngen_boards.profile import Board, Fabric
from bnngen_hw.component import StreamComponent
from bnngen_hw.feed import FeedStyle
from bnngen_hw.join import Join
from bnngen_hw.width import WidthConverter
from bnngen_hw.window import ring_depth


@dataclass(frozen=True, eq=False)
class Add(Foldable, Weightless):
    """acc = factors[0]*x0 + factors[1]*x1 + ..., then ``activation`` if there is one.

    All inputs have ``shape``, (*spatial, C), and their types are ``input_types``. With one input it is a
    quantiser by itself.
    """

    factors: tuple[int, ...]
    shape: Shape
    input_types: tuple[IntType, ...]
    activation: Threshold | None = None

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        if tuple(inputs) != (self.shape,) * len(self.factors):
            raise ValueError(
                f"takes {len(self.factors)} tensors of shape {self.shape}, not {', '.join(map(str, inputs))}"
            )
        return self.shape

    @property
    def input_type(self) -> IntType:
        """A type that holds every input."""
        if len(set(self.input_types)) == 1:
            return self.input_types[0]
        return IntType(min(t.lo for t in self.input_types), max(t.hi for t in self.input_types))

    @property
    def channels(self) -> int:
        """C."""
        return self.shape[-1]

    @property
    def elements_in(self) -> int:
        """Elements of one input."""
        return math.prod(self.shape)

    @property
    def elements_out(self) -> int:
        """Elements of the output."""
        return math.prod(self.shape)

    @property
    def weights(self) -> NDArray[np.int64]:
        """(C, inputs): the factors, as a depthwise product sees them."""
        return np.tile(np.array(self.factors, np.int64), (self.channels, 1))

    @cached_property
    def row_ranges(self) -> NDArray[np.int64]:
        """(C, 2): the least and the greatest sum, of inputs of any of the types."""
        x = self.input_type
        ends = [sorted((k * x.lo, k * x.hi)) for k in self.factors]
        return np.tile(np.sum(ends, axis=0, dtype=np.int64), (self.channels, 1))

    @property
    def output_type(self) -> IntType:
        if self.activation is not None:
            return self.activation.type
        return IntType(*self.row_ranges[0].tolist())

    def compute(self, *inputs: NDArray[np.integer]) -> NDArray[Any]:
        """inputs (frames, ...) of the elements of ``shape`` a frame to (frames, *shape), exact."""
        acc = np.zeros((len(inputs[0]), *self.shape), np.int64)
        for x, factor in zip(inputs, self.factors, strict=True):
            acc += factor * x.reshape(acc.shape).astype(np.int64)
        return acc if self.activation is None else self.activation.compute(acc)

    @cached_property
    def engine(self) -> Engine:
        """What adds: a depthwise product with the factors as weights, one input after the other."""
        return Engine(self.weights, self.input_type, self.activation, depthwise=True)

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides the channels, with every place for the factors, the thresholds
        and the queues."""
        foldings = [Folding(lanes, 1) for lanes in divisors(self.channels)]
        for engine in self.engine.options(board.fabric, foldings):
            for style in self._styles(engine.folding, board):
                yield self._option(engine, style, place, board)

    def _styles(self, folding: Folding, board: Board) -> Iterable[FeedStyle]:
        """The kinds of RAM for the queues; one input needs none."""
        return ring_styles(board, self._depth(folding)) if len(self.factors) > 1 else ["registers"]

    def _words(self, folding: Folding) -> int:
        """Words of one input a frame."""
        return self.elements_in // folding.pe

    def _depth(self, folding: Folding) -> int:
        """Words of a queue, before anything is known of the branches: a quarter of a frame."""
        return ring_depth(max(2, self._words(folding) // 4))

    def _option(self, engine: EngineOption, style: FeedStyle, place: Place, board: Board) -> Option:
        lanes, depth = engine.folding.pe, self._depth(engine.folding)
        ends = lanes * (self.input_type.bits * place.first + self.output_type.bits * place.last)
        structure = self.engine.structure(engine, board) + Structure(
            rotating=lanes * self.input_type.bits,
            slices=ends,
            control=4 * depth.bit_length() * len(self.factors),
            buffers=len(self.factors),
        )
        rom_blocks = sum(rom.blocks for rom in self.engine.block_roms(engine, board))
        cost = Resources(
            lut=luts(structure, board.family),
            ff=self.engine.flip_flops(engine, board.fabric.target),
            bram=rom_blocks,
        )
        queues = (ring_memory(lanes * type_.bits, depth, style, board) for type_ in self.input_types)
        memory = sum(queues, Resources()) if len(self.factors) > 1 else Resources()
        return Option(
            engine.folding,
            engine.rom_style,
            style,
            self._words(engine.folding) * len(self.factors),
            cost + memory,
            rom_blocks,
            engine.table_style,
            lanes,
            memory.bram,
        )

    def hardware(
        self, option: Option, i_lanes: Sequence[int], fabric: Fabric, slack: int = 0
    ) -> tuple[list[list[StreamComponent]], list[StreamComponent]]:
        """For each input, a stream of ``i_lanes`` elements a beat, what changes its lanes; then what they
        lead to, before a component that may take a beat ``slack`` cycles late."""
        lanes, words = option.folding.pe, self._words(option.folding)
        heads: list[list[StreamComponent]] = [
            [] if width == lanes else [WidthConverter(self.elements_in, type_.bits, width, lanes)]
            for width, type_ in zip(i_lanes, self.input_types, strict=True)
        ]
        chosen = EngineOption(option.folding, option.rom_style, option.table_style)
        engine = self.engine.hardware(chosen, fabric.target, slack, math.prod(self.shape[:-1]))
        if len(self.factors) == 1:
            return heads, [engine]
        encodings = [type_.encoding for type_ in self.input_types]
        counts = [1] * len(self.factors)
        style = option.feed_style
        join = Join(lanes, encodings, self.input_type.encoding, counts, words, style=style)
        return heads, [join, engine]
