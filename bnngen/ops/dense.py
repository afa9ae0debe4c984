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
from bnngen.ops.matmul import exact_matmul
from bnngen.ops.threshold import Threshold
from bnngen.schedule.folding import Folding, fold_sizes
from bnngen.schedule.option import Option, pareto
from bnngen.schedule.resources import Resources, logic_rom_luts, memory_blocks
from bnngen_boards.profile import Board, Fabric
from bnngen_hw.component import StreamComponent
from bnngen_hw.dense import DenseEngine
from bnngen_hw.feed import VectorFeed

LOGIC_ROM_BITS = 8192
"""Weight memories above this are never made of LUTs: they would cost more than the arithmetic."""


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

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.int64]:
        """x (frames, ...) with K elements a frame to (frames, N), exact."""
        x = x.reshape(len(x), -1)
        acc = exact_matmul(x, self.weights, max(abs(self.input_type.lo), abs(self.input_type.hi)))
        return acc if self.activation is None else self.activation.compute(acc)

    def cycles(self, folding: Folding) -> int:
        """NF * SF: the cycles that the engine is busy with one frame."""
        return folding.row_folds(self.elements_out) * folding.column_folds(self.elements_in)

    def options(self, board: Board, first: bool) -> list[Option]:
        """The ways to build the layer on ``board`` that are worth considering.

        The ``first`` layer's input arrives on its own lanes; behind another layer the lanes have to change.
        """
        return pareto(self._all_options(board, first))

    def _all_options(self, board: Board, first: bool) -> Iterator[Option]:
        for pe in fold_sizes(self.elements_out):
            for simd in fold_sizes(self.elements_in):
                folding = Folding(pe, simd)
                engine = self._engine_cost(folding, board.resources.lutram_bits)
                for rom_style, rom in self._rom_costs(folding, board):
                    for feed_style, feed in self._feed_costs(folding, board, first):
                        cost = engine + rom + feed
                        yield Option(folding, rom_style, feed_style, self.cycles(folding), cost)

    def _engine_cost(self, folding: Folding, lutram_bits: int) -> Resources:
        """Popcount tree, accumulators, thresholds and control, in LUT4s (fitted to yosys)."""
        bits = folding.pe * folding.simd * self.input_type.bits * self.weight_type.bits
        acc = self.acc_type.bits
        levels = 0 if self.activation is None else self.activation.thresholds.shape[1]
        per_row = 3 * acc + (acc * min(levels, 8) * 1.5 if levels else acc)
        table = levels * acc * folding.pe if folding.row_folds(self.elements_out) > 1 else 0
        lut = (
            2.7 * bits
            + per_row * folding.pe
            + logic_rom_luts(table, folding.row_folds(self.elements_out))
            + 40
        )
        ff = 1.2 * bits + 4 * acc * folding.pe + folding.simd * self.input_type.bits + 40
        return Resources(lut=round(lut), ff=round(ff))

    def _rom_costs(self, folding: Folding, board: Board) -> Iterator[tuple]:
        width, depth = folding.pe * folding.simd * self.weight_type.bits, self.cycles(folding)
        if depth == 1:
            yield "logic", Resources()
            return
        yield "block", Resources(bram=memory_blocks(width, depth, board.resources.bram.shapes))
        if width * depth <= LOGIC_ROM_BITS:
            yield "logic", Resources(lut=logic_rom_luts(width, depth))

    def _feed_costs(self, folding: Folding, board: Board, first: bool) -> Iterator[tuple]:
        bits = self.elements_in * self.input_type.bits
        repeats = folding.row_folds(self.elements_out)
        if first and repeats == 1:
            yield "registers", Resources()
            return
        yield "registers", Resources(lut=2 * bits, ff=2 * bits)
        if first:
            words = 2 * folding.column_folds(self.elements_in)
            width = folding.simd * self.input_type.bits
            yield (
                "block",
                Resources(lut=30, ff=30, bram=memory_blocks(width, words, board.resources.bram.shapes)),
            )

    def hardware(self, option: Option, i_lanes: int, fabric: Fabric) -> list[StreamComponent]:
        """The layer as ``option`` builds it, for an input stream of ``i_lanes`` elements a beat."""
        folding = option.folding
        x = self.input_type.encoding
        repeats = folding.row_folds(self.elements_out)
        act = self.activation
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
            x_range=(self.input_type.lo, self.input_type.hi),
        )
        if i_lanes == folding.simd and repeats == 1:
            return [engine]
        feed = VectorFeed(self.elements_in, x.bits, i_lanes, folding.simd, repeats, option.feed_style)
        return [feed, engine]
