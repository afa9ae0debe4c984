"""Fully connected layer on integers, with an optional quantiser behind its sums."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bnngen.datatypes import IntType
from bnngen.graph import Shape
from bnngen.ops.matmul import ExactProduct
from bnngen.ops.threshold import Threshold
from bnngen.schedule.folding import Folding, fold_sizes
from bnngen.schedule.lut_model import Structure, luts
from bnngen.schedule.option import Option, pareto
from bnngen.schedule.resources import Resources, logic_rom_luts, memory_blocks
from bnngen.schedule.rom_cut import rom_cost
from bnngen_boards.profile import Board, Fabric
from bnngen_hw.component import StreamComponent
from bnngen_hw.compressors import Tree, plan_tree
from bnngen_hw.credit import full_rate_depth
from bnngen_hw.dense import DenseEngine, engine_weights
from bnngen_hw.dot import ProductCode
from bnngen_hw.feed import FeedStyle, VectorFeed
from bnngen_hw.replay import replay_words
from bnngen_hw.rom import RomStyle
from bnngen_hw.target import Target
from bnngen_hw.threshold import MAX_PARALLEL

LOGIC_ROM_BITS = 8192
"""Weight memories above this are never made of LUTs: they would cost more than the arithmetic."""


LUT_MEMORY_WORDS = 16
"""Words of a queue in one LUT, on fabrics whose LUTs can be memory."""
LEAST_TABLE = 64
"""Tables of thresholds with fewer folds are not worth a block RAM."""


@dataclass(frozen=True, eq=False)
class Dense:
    """acc = W x, then ``activation`` if there is one.

    ``weights`` (N, K) integers; ``input_type`` the type of the K inputs, in channels-last order. Without an
    activation the output is the N dot products.
    """

    weights: NDArray[np.int64]
    input_type: IntType
    activation: Threshold | None = None

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        rows, columns = self.weights.shape
        if math.prod(inputs[0]) != columns:
            raise ValueError(f"takes {columns} features, not a tensor of shape {inputs[0]}")
        return (rows,)

    @property
    def elements_in(self) -> int:
        """K, the inputs a frame."""
        return int(self.weights.shape[1])

    @property
    def elements_out(self) -> int:
        """N, the outputs a frame."""
        return int(self.weights.shape[0])

    @cached_property
    def weight_type(self) -> IntType:
        return IntType.of_values(self.weights)

    @cached_property
    def row_ranges(self) -> NDArray[np.int64]:
        """(N, 2): the least and the greatest dot product that each row can reach."""
        low, high = self.weights * self.input_type.lo, self.weights * self.input_type.hi
        return np.stack([np.minimum(low, high).sum(axis=1), np.maximum(low, high).sum(axis=1)], axis=1)

    @cached_property
    def acc_type(self) -> IntType:
        """The type of the dot products."""
        return IntType(int(self.row_ranges[:, 0].min()), int(self.row_ranges[:, 1].max()))

    @property
    def output_type(self) -> IntType:
        return self.acc_type if self.activation is None else self.activation.type

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""
        return self.weights.size

    @property
    def weight_bits(self) -> int:
        """Bits of all weights, without padding."""
        return self.weights.size * self.weight_type.bits

    @cached_property
    def _product(self) -> ExactProduct:
        return ExactProduct(self.weights, max(abs(self.input_type.lo), abs(self.input_type.hi)))

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.integer]:
        """x (frames, ...) with K elements a frame to (frames, N), exact, of a type that holds them."""
        acc = self._product(x.reshape(len(x), -1))
        return acc if self.activation is None else self.activation.compute(acc)

    def cycles(self, folding: Folding) -> int:
        """NF * SF: the cycles that the engine is busy with one frame."""
        return folding.row_folds(self.elements_out) * folding.column_folds(self.elements_in)

    def options(self, board: Board, first: bool) -> list[Option]:
        """The ways to build the layer on ``board`` that are worth considering.

        The ``first`` layer's input arrives on its own lanes; behind another layer the lanes have to change.
        """
        return pareto(self.all_options(board, first))

    def all_options(self, board: Board, first: bool) -> Iterator[Option]:
        """Every folding with every place for its weights and its inputs."""
        for pe in fold_sizes(self.elements_out):
            for simd in fold_sizes(self.elements_in):
                folding = Folding(pe, simd)
                for rom_style in self._rom_styles(folding, board.fabric):
                    for feed_style in self._feed_styles(folding, first):
                        for table_style in self._table_styles(folding):
                            yield self._option(folding, rom_style, feed_style, table_style, board)

    def _rom_styles(self, folding: Folding, fabric: Fabric) -> Iterator[RomStyle]:
        depth, few = self.cycles(folding), 1 << (fabric.lut_inputs - 1)
        if depth > 1:
            yield "block"
        if depth <= few or self._rom_width(folding) * depth <= LOGIC_ROM_BITS:
            yield "logic"
        if 1 < depth <= few:
            yield "counted"

    def _feed_styles(self, folding: Folding, first: bool) -> Iterator[FeedStyle]:
        yield "registers"
        if first and self._folds(folding) > 1:
            yield "block"

    def _table_styles(self, folding: Folding) -> Iterator[RomStyle]:
        yield "logic"
        # a search reads many tables, each of few bits
        if self._folds(folding) >= LEAST_TABLE and 1 <= self._levels <= MAX_PARALLEL:
            yield "block"

    def _option(
        self,
        folding: Folding,
        rom_style: RomStyle,
        feed_style: FeedStyle,
        table_style: RomStyle,
        board: Board,
    ) -> Option:
        shapes = board.resources.bram.shapes
        structure = self.structure(folding, rom_style, feed_style, table_style, board)
        roms = [
            rom_cost(width, depth, shapes)
            for style, width, depth in (
                (rom_style, self._rom_width(folding), self.cycles(folding)),
                (table_style, self._table_width(folding), self._folds(folding)),
            )
            if style == "block"
        ]
        blocks = sum(rom.blocks for rom in roms)
        feed = memory_blocks(*self._feed_shape(folding), shapes) * (feed_style == "block")
        cost = Resources(
            lut=luts(structure + Structure(choices=sum(rom.choices for rom in roms)), board.family),
            ff=self._flip_flops(folding, rom_style, feed_style, board.fabric.target),
            bram=blocks + feed,
        )
        return Option(folding, rom_style, feed_style, self.cycles(folding), cost, blocks, table_style)

    @property
    def _levels(self) -> int:
        """Thresholds a row."""
        return 0 if self.activation is None else int(self.activation.thresholds.shape[1])

    def _table_width(self, folding: Folding) -> int:
        """Bits of start values or thresholds a fold."""
        return folding.pe * self.acc_type.bits * self._levels

    def _folds(self, folding: Folding) -> int:
        return folding.row_folds(self.elements_out)

    def _beats(self, folding: Folding) -> int:
        return folding.column_folds(self.elements_in)

    def _rom_width(self, folding: Folding) -> int:
        return folding.pe * folding.simd * self.weight_type.bits

    def _feed_shape(self, folding: Folding) -> tuple[int, int]:
        """Width and depth of a vector buffer in RAM: two frames."""
        return folding.simd * self.input_type.bits, replay_words(self._beats(folding))

    def _tree(self, folding: Folding, rom_style: RomStyle, target: Target) -> Tree:
        code = ProductCode(self.input_type.encoding, self.weight_type.encoding)
        return plan_tree(code.heights(folding.simd), target, engine_weights(rom_style, self.cycles(folding)))

    def structure(
        self,
        folding: Folding,
        rom_style: RomStyle,
        feed_style: FeedStyle,
        table_style: RomStyle,
        board: Board,
    ) -> Structure:
        """What the layer is made of, in the units that have prices."""
        pe, beats, folds, target = folding.pe, self._beats(folding), self._folds(folding), board.fabric.target
        tree, bits, levels = self._tree(folding, rom_style, target), self.acc_type.bits, self._levels
        compared = levels if 1 < levels <= MAX_PARALLEL else levels.bit_length() * (levels > 1)
        tables = 0.0
        if table_style == "logic":
            tables += logic_rom_luts(self._table_width(folding), folds, target.lut_inputs)
        if rom_style == "logic":
            tables += logic_rom_luts(self._rom_width(folding), self.cycles(folding), target.lut_inputs)
        return Structure(
            counters=pe * tree.counter_luts,
            adders=pe * (tree.adder_bits + bits * (beats > 1 or levels == 1)),
            choices=pe * bits * (beats > 1),
            comparisons=pe * bits * compared,
            tables=tables,
            queue=pe * self.output_type.bits * _queue_words(tree.latency, beats, board),
            rotating=self.elements_in * self.input_type.bits * (feed_style == "registers" and beats > 1),
            lanes=pe,
            engines=1,
            buffers=feed_style == "block",
        )

    def _flip_flops(
        self, folding: Folding, rom_style: RomStyle, feed_style: FeedStyle, target: Target
    ) -> int:
        """Registers of the tree, the accumulators, the inputs and the vector that is taken apart."""
        vector = self.elements_in * self.input_type.bits
        tree = self._tree(folding, rom_style, target)
        engine = folding.pe * (tree.registers + 3 * self.acc_type.bits)
        inputs = folding.simd * self.input_type.bits * (1 + target.copies(folding.pe))
        weights = self._rom_width(folding) * (target.rom_register or rom_style == "logic")
        return engine + inputs + weights + 2 * vector * (feed_style == "registers")

    def hardware(self, option: Option, i_lanes: int, fabric: Fabric, slack: int = 0) -> list[StreamComponent]:
        """The layer as ``option`` builds it, for an input stream of ``i_lanes`` elements a beat, before a
        component that may take a beat ``slack`` cycles late."""
        folding = option.folding
        x = self.input_type.encoding
        repeats, act = self._folds(folding), self.activation
        engine = DenseEngine(
            self.weights,
            x,
            self.weight_type.encoding,
            folding.pe,
            folding.simd,
            thresholds=None if act is None else act.thresholds,
            invert=None if act is None else act.invert,
            out=self.output_type.encoding,
            out_lo=self.output_type.lo,
            target=fabric.target,
            rom_style=option.rom_style,
            threshold_style=option.table_style,
            x_range=(self.input_type.lo, self.input_type.hi),
            slack=slack,
        )
        if i_lanes == folding.simd and repeats == 1:
            return [engine]
        feed = VectorFeed(self.elements_in, x.bits, i_lanes, folding.simd, repeats, option.feed_style)
        return [feed, engine]


def _queue_words(tree_latency: int, beats: int, board: Board) -> int:
    """Words of the queue behind an engine, in units of what a LUT holds of one bit; a single word is a
    register."""
    words = full_rate_depth(tree_latency + 4, beats)  # with ROM, accumulator, thresholds and queue
    if words == 1:
        return 0
    return -(-words // LUT_MEMORY_WORDS) if board.resources.lutram_bits else words
