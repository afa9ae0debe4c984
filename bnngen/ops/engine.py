"""The engine of a layer with weights: its foldings, what they cost, and the hardware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding, Foldings, each_once, fold_sizes
from bnngen.cost.lut_model import Structure
from bnngen.cost.resources import bit_lengths, logic_rom_luts
from bnngen.cost.rom_cut import RomCost, rom_costs
from bnngen.numbers.datatypes import IntType
from bnngen.ops.engine_options import EngineOption, EngineOptions
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import Board, Fabric
from bnngen_hw.arithmetic.compressors import plan_tree
from bnngen_hw.arithmetic.product_code import ProductCode
from bnngen_hw.arithmetic.threshold_table import MAX_PARALLEL, ThresholdTable
from bnngen_hw.beats import join_words
from bnngen_hw.engine.numbers import AccumulatorPlan, InputRange, RowRanges, engine_weights
from bnngen_hw.memories import RomStyle
from bnngen_hw.roms.borders import Borders
from bnngen_hw.roms.rom_columns import RomColumns
from bnngen_hw.target import Target
from bnngen_hw.timing import full_rate_depth

if TYPE_CHECKING:
    from bnngen_hw.engine.engine import DenseEngine

Integers = NDArray[np.int64]
LOGIC_ROM_BITS = 8192
"""Weight memories above this are never made of LUTs: they would cost more than the arithmetic."""
LUT_MEMORY_WORDS = 16
"""Words of a queue in one LUT, on fabrics whose LUTs can be memory."""
LEAST_TABLE = 64
"""Tables of thresholds with fewer folds are not worth a block RAM."""


class _Trees(NamedTuple):
    """What a `Tree` says, of each folding."""

    counter_luts: Integers
    adder_bits: Integers
    latency: Integers
    registers: Integers


@dataclass(frozen=True, eq=False)
class Engine:
    """Multiplies vectors of K integers of ``input_type`` by ``weights`` (N, K), then ``activation`` if there
    is one; without it the N dot products are the output. ``borders``: what is added to them at some positions
    of a map. ``depthwise``: each row has K inputs of its own. ``input_types``: those of the columns, where
    they are narrower than ``input_type``.
    """

    weights: NDArray[np.int64]
    input_type: IntType
    activation: Threshold | None = None
    borders: Borders | None = None
    depthwise: bool = False
    input_types: tuple[IntType, ...] | None = None

    @property
    def rows(self) -> int:
        """N."""
        return int(self.weights.shape[0])

    @property
    def columns(self) -> int:
        """K."""
        return int(self.weights.shape[1])

    @cached_property
    def weight_type(self) -> IntType:
        """The narrowest type of all weights."""
        return IntType.of_values(self.weights)

    @cached_property
    def _input_range(self) -> InputRange:
        """The least and the greatest input of each column."""
        types = self.input_types or (self.input_type,) * self.columns
        return np.array([t.lo for t in types]), np.array([t.hi for t in types])

    @cached_property
    def row_ranges(self) -> NDArray[np.int64]:
        """(N, 2): the least and the greatest dot product that each row can reach."""
        lo, hi = self._input_range
        low, high = self.weights * lo, self.weights * hi
        ends = np.stack([np.minimum(low, high).sum(axis=1), np.maximum(low, high).sum(axis=1)], axis=1)
        if self.borders is None:
            return ends
        extra = self.borders.by_class
        result: NDArray[np.int64] = ends + np.stack([extra.min(axis=0), extra.max(axis=0)], axis=1)
        return result

    @cached_property
    def acc_type(self) -> IntType:
        """The type of the dot products."""
        return IntType(int(self.row_ranges[:, 0].min()), int(self.row_ranges[:, 1].max()))

    @property
    def output_type(self) -> IntType:
        """That of the thresholds, or of the dot products."""
        return self.acc_type if self.activation is None else self.activation.type

    def cycles(self, folding: Folding) -> int:
        """The cycles that one vector takes: folds * beats."""
        return self.folds(folding) * self.beats(folding)

    def folds(self, folding: Folding) -> int:
        """NF: how often a vector is read."""
        return folding.row_folds(self.rows)

    def beats(self, folding: Folding) -> int:
        """SF: in how many beats."""
        return folding.column_folds(self.columns)

    @property
    def foldings(self) -> Foldings:
        """Every folding that is worth considering."""
        grid = np.meshgrid(fold_sizes(self.rows), fold_sizes(self.columns), indexing="ij")
        return Foldings(*map(np.ravel, grid))

    def options(self, fabric: Fabric, foldings: Foldings) -> Iterator[EngineOptions]:
        """These foldings with every place for their weights and their thresholds."""
        depth, few = self._cycles(foldings), 1 << (fabric.lut_inputs - 1)
        small = self._rom_width(foldings) * depth <= LOGIC_ROM_BITS
        # a search reads many tables, each of few bits
        long = (self._table_words(foldings) >= LEAST_TABLE) & (1 <= self._levels <= MAX_PARALLEL)
        roms: dict[RomStyle, Any] = {
            "block": depth > 1,
            "logic": (depth <= few) | small,
            "counted": (depth > 1) & (depth <= few),
        }
        tables: dict[RomStyle, Any] = {"logic": True, "block": long}
        for (rom_style, some), (table_style, others) in product(roms.items(), tables.items()):
            yield EngineOptions(foldings.where(some & others), rom_style, table_style)

    def _cycles(self, folding: Foldings) -> Integers:
        return folding.row_folds(self.rows) * folding.column_folds(self.columns)

    def block_roms(self, option: EngineOptions, board: Board) -> RomCost:
        """What the ROMs in block RAM take at most, together."""
        folding, shapes = option.folding, board.resources.bram.shapes
        costs = []
        if option.rom_style == "block":
            costs.append(rom_costs(self._rom_width(folding), self._cycles(folding), shapes))
        if option.table_style == "block":
            costs.append(rom_costs(self._table_width(folding), self._table_words(folding), shapes))
        return RomCost(sum(rom.blocks for rom in costs), sum(rom.choices for rom in costs))

    @property
    def _levels(self) -> int:
        """Thresholds a row."""
        return 0 if self.activation is None else int(self.activation.thresholds.shape[1])

    def _table_width(self, folding: Foldings) -> Integers:
        """Bits of start values or thresholds a fold."""
        return folding.pe * self.acc_type.bits * max(self._levels, self.borders is not None)

    @cached_property
    def _table_columns(self) -> int:
        """Bits of a row's start value or thresholds that differ between rows and from one another."""
        table, act = None, self.activation
        if act is not None:
            out = self.output_type
            table = ThresholdTable.checked(act.thresholds, act.invert, out.encoding, out.lo)
        ranges = RowRanges.of(self.weights, self._code, self.columns, self._input_range)
        ranges = ranges.extended((self.borders or Borders.none(self.rows)).by_class)
        plan = AccumulatorPlan.choose(ranges, table, accumulates=True)
        entries = plan.start[:, None] if plan.thresholds is None else plan.thresholds
        bits = int(np.abs(entries).max()).bit_length() + 1
        words = [join_words(row, bits) for row in entries & ((1 << bits) - 1)]
        return RomColumns.of(words, bits * entries.shape[1]).count

    def _table_words(self, folding: Foldings) -> Integers:
        """Words of those tables."""
        from bnngen_hw.roms.table_places import TablePlaces

        folds = folding.row_folds(self.rows)
        if self.borders is None:
            return folds
        borders = self.borders
        return each_once(lambda folds: TablePlaces(borders, folds, 1).words, folds)

    def _rom_width(self, folding: Foldings) -> Integers:
        return folding.pe * folding.simd * self.weight_type.bits

    @cached_property
    def _code(self) -> ProductCode:
        return ProductCode(self.input_type.encoding, self.weight_type.encoding)

    def _trees(self, folding: Foldings, rom_style: RomStyle, target: Target) -> _Trees:
        """The trees: there are as many as there are numbers of lanes, and that of a single word."""
        single = self._cycles(folding) == 1
        kinds, which = np.unique(2 * folding.simd + single, return_inverse=True)
        weights = [engine_weights(rom_style, words) for words in (2, 1)]
        trees = [plan_tree(_heights(self._code, k // 2), target, weights[k % 2]) for k in kinds.tolist()]
        figures = [(tree.counter_luts, tree.adder_bits, tree.latency, tree.registers) for tree in trees]
        return _Trees(*np.array(figures, np.int64).reshape(-1, 4)[which.ravel()].T)

    def structure(self, option: EngineOptions, board: Board) -> Structure:
        """What the engine is made of, in the units that have prices."""
        folding, rom_style, table_style = option
        pe, target = folding.pe, board.fabric.target
        beats, folds = folding.column_folds(self.columns), folding.row_folds(self.rows)
        tree, bits, levels = self._trees(folding, rom_style, target), self.acc_type.bits, self._levels
        compared = levels if 1 < levels <= MAX_PARALLEL else levels.bit_length() * (levels > 1)
        tables: Any = 0.0
        if table_style == "logic":
            columns, words = pe * self._table_columns, self._table_words(folding)
            tables = tables + logic_rom_luts(columns, words, target.lut_inputs)
        if rom_style == "logic":
            width, words = self._rom_width(folding), self._cycles(folding)
            tables = tables + logic_rom_luts(width, words, target.lut_inputs)
        counters, xnor = pe * tree.counter_luts, self.weight_type.bipolar
        return Structure(
            xnor_counters=counters * xnor,
            and_counters=counters * (not xnor),
            adders=pe * (tree.adder_bits + bits * ((beats > 1) | (levels == 1))),
            choices=pe * bits * (beats > 1),
            comparisons=pe * bits * compared,
            tables=tables,
            rom_choices=self.block_roms(option, board).choices,
            queue=pe * self.output_type.bits * _queue_words(tree.latency, beats, board),
            control=bit_lengths(beats) + bit_lengths(beats * folds) + 3 * bit_lengths(folds),
            engines=1,
        )

    def flip_flops(self, option: EngineOptions, target: Target) -> Any:
        """Registers of the tree, the accumulators, the inputs and the weights."""
        folding, rom_style, _ = option
        tree = self._trees(folding, rom_style, target)
        copies = each_once(target.copies, folding.pe)
        lanes = folding.pe if self.depthwise else folding.simd
        inputs = lanes * self.input_type.bits * (1 if self.depthwise else 1 + copies)
        weights = self._rom_width(folding) * (target.rom_register or rom_style == "logic")
        return folding.pe * (tree.registers + 3 * self.acc_type.bits) + inputs + weights

    def hardware(self, option: EngineOption, target: Target, slack: int, vectors: int = 1) -> DenseEngine:
        """The component for ``vectors`` vectors a frame, before one that may take a beat ``slack`` cycles
        late."""
        from bnngen_hw.engine.engine import DenseEngine

        act = self.activation
        return DenseEngine(
            self.weights,
            self.input_type.encoding,
            self.weight_type.encoding,
            option.folding.pe,
            option.folding.simd,
            thresholds=None if act is None else act.thresholds,
            invert=None if act is None else act.invert,
            out=self.output_type.encoding,
            out_lo=self.output_type.lo,
            target=target,
            rom_style=option.rom_style,
            threshold_style=option.table_style,
            x_range=self._input_range,
            slack=slack,
            vectors=vectors,
            borders=self.borders,
            depthwise=self.depthwise,
        )


@cache
def _heights(code: ProductCode, simd: int) -> tuple[int, ...]:
    """What `ProductCode.heights` says, once for all the engines with these lanes."""
    return code.heights(simd)


def _queue_words(tree_latency: Integers, beats: Integers, board: Board) -> Integers:
    """Words of the queue behind an engine, in units of what a LUT holds of one bit; a single word is a
    register."""
    # with ROM, accumulator, thresholds and queue
    words = full_rate_depth(tree_latency + 4, beats)
    units = -(-words // LUT_MEMORY_WORDS) if board.resources.lutram_bits else words
    return np.where(words == 1, 0, units)
