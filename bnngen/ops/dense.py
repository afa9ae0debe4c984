"""Fully connected layer on integers, with an optional quantiser behind its sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import each_once
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, OptionTable, Place
from bnngen.cost.resources import Resources, bit_lengths, memory_blocks
from bnngen.ir.graph import Shape
from bnngen.ir.layers import Linear
from bnngen.numbers.datatypes import IntType
from bnngen.ops.engine import Engine
from bnngen.ops.engine_options import EngineOption, EngineOptions
from bnngen.ops.layer import Weighted
from bnngen.ops.lowering import Site, check_sum, lowers
from bnngen.ops.matmul import ExactProduct
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import Board
from bnngen_hw.memories import FeedStyle, replay_words

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """acc = W x, then ``activation`` if there is one.

    ``weights`` (N, K) integers; ``input_type`` the type of the K inputs, in channels-last order. Without an
    activation the output is the N dot products.
    """

    weights: NDArray[np.int64]
    input_type: IntType
    activation: Threshold | None = None

    stores_frames = True

    @cached_property
    def engine(self) -> Engine:
        """What does the arithmetic."""
        return Engine(self.weights, self.input_type, self.activation)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`: any tensor of K elements will do."""
        if math.prod(inputs[0]) != self.elements_in:
            raise ValueError(f"takes {self.elements_in} features, not a tensor of shape {inputs[0]}")
        return (self.elements_out,)

    @property
    def elements_in(self) -> int:
        """K, the inputs a frame."""
        return self.engine.columns

    @property
    def elements_out(self) -> int:
        """N, the outputs a frame."""
        return self.engine.rows

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""
        return self.weights.size

    @cached_property
    def _product(self) -> ExactProduct:
        return ExactProduct(self.weights, max(abs(self.input_type.lo), abs(self.input_type.hi)))

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.integer]:
        """x (frames, ...) with K elements a frame to (frames, N), exact, of a type that holds them."""
        acc = self._product(x.reshape(len(x), -1))
        return acc if self.activation is None else self.activation.compute(acc)

    def tables(self, board: Board, place: Place) -> list[OptionTable]:
        """Every folding with every place for its weights, its thresholds and its inputs."""
        engines = self.engine.options(board.fabric, self.engine.foldings)
        return [table for engine in engines for table in self._options(engine, place, board)]

    def _options(self, engine: EngineOptions, place: Place, board: Board) -> Iterator[OptionTable]:
        """With every place for the inputs."""
        foldings, rom_blocks = engine.folding, self.engine.block_roms(engine, board).blocks
        ff = self.engine.flip_flops(engine, board.fabric.target)
        structure = self.engine.structure(engine, board)
        beats, folds = foldings.column_folds(self.engine.columns), foldings.row_folds(self.engine.rows)
        styles: tuple[FeedStyle, ...] = ("registers", "block", "huge")
        for feed_style in styles if board.resources.spram else styles[:2]:
            lut = luts(structure + self._feed(engine, feed_style, place), board.family)
            memory = self._feed_memory(engine, feed_style, board)
            table = OptionTable(
                foldings,
                engine.rom_style,
                feed_style,
                engine.table_style,
                folds * beats,
                Resources(lut, ff, rom_blocks) + memory,
                rom_blocks,
            )
            # a vector of one beat is a register anyway
            yield table if feed_style == "registers" else table.where((folds > 1) & (beats > 1))

    def _feed_memory(self, engine: EngineOptions, feed_style: FeedStyle, board: Board) -> Resources:
        """Where two frames of the input lie."""
        width = engine.folding.simd * self.input_type.bits
        beats = engine.folding.column_folds(self.engine.columns)
        if feed_style == "block":
            return Resources(
                bram=memory_blocks(width, each_once(replay_words, beats), board.resources.bram.shapes)
            )
        if feed_style == "huge":
            ram = board.resources.spram
            assert ram is not None
            return Resources(spram=2 * memory_blocks(width, beats, [(ram.width, ram.depth)]))
        return Resources(ff=2 * self.elements_in * self.input_type.bits)

    def structure(
        self, engine: EngineOptions, feed_style: FeedStyle, place: Place, board: Board
    ) -> Structure:
        """What the layer is made of, with the ports that stand beside it, in the units that have prices."""
        return self.engine.structure(engine, board) + self._feed(engine, feed_style, place)

    def _feed(self, engine: EngineOptions, feed_style: FeedStyle, place: Place) -> Structure:
        folding, bits = engine.folding, self.input_type.bits
        beats, folds = folding.column_folds(self.engine.columns), folding.row_folds(self.engine.rows)
        in_ram = feed_style != "registers"
        # the first layer gets its beats as it wants them
        unpacked = (beats > 1) & (folds > place.first) & (not in_ram)
        ends = folding.simd * bits * place.first + folding.pe * self.output_type.bits * place.last
        return Structure(
            rotating=self.elements_in * bits * unpacked,
            control=bit_lengths(beats) * unpacked + (3 * bit_lengths(beats) + bit_lengths(folds)) * in_ram,
            slices=ends,
            buffers=in_ram,
        )

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        from bnngen_hw.buffers.feed import VectorFeed

        assert option is not None
        folding = option.folding
        chosen = EngineOption(folding, option.rom_style, option.table_style)
        engine, repeats = self.engine.hardware(chosen, board.fabric.target, slack), self.engine.folds(folding)
        if i_lanes == folding.simd and repeats == 1:
            return [engine]
        bits = self.input_type.bits
        return [
            VectorFeed(self.elements_in, bits, i_lanes, folding.simd, repeats, option.feed_style),
            engine,
        ]


@lowers(Linear)
def lower(op: Linear, site: Site) -> Dense:
    """The layer of a product."""
    check_sum(site.name, greatest_sum(op.weights, site.types[0]))
    return Dense(op.weights, site.types[0])


def greatest_sum(weights: NDArray[np.int64], type_: IntType) -> int:
    """The greatest absolute value that a product with elements of ``type_`` can have."""
    return max(abs(type_.lo), abs(type_.hi)) * int(np.abs(weights).sum(axis=1).max())
