"""The sum of tensors times whole numbers, with an optional quantiser behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding, Foldings
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, OptionTable, Place
from bnngen.cost.resources import Resources
from bnngen.ir.factor import Factor
from bnngen.ir.graph import Shape
from bnngen.ir.layers import Sum
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.ops.components import Components
from bnngen.ops.engine import Engine
from bnngen.ops.engine_options import EngineOption, EngineOptions, by_style
from bnngen.ops.joined import Joined
from bnngen.ops.layer import Tabulated
from bnngen.ops.line_buffer import divisors
from bnngen.ops.lowering import Site, check_sum, lowers
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import Board
from bnngen_hw.memories import FeedStyle


@dataclass(frozen=True, eq=False)
class Add(Tabulated):
    """acc = factors[0]*x0 + factors[1]*x1 + ..., then ``activation`` if there is one.

    All inputs have ``shape``, (*spatial, C), and their types are ``input_types``. With one input it is a
    quantiser by itself.
    """

    factors: tuple[Factor, ...]
    shape: Shape
    input_types: tuple[IntType, ...]
    activation: Threshold | None = None

    takes_thresholds = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        if tuple(inputs) != (self.shape,) * len(self.factors):
            raise ValueError(
                f"takes {len(self.factors)} tensors of shape {self.shape}, not {', '.join(map(str, inputs))}"
            )
        return self.shape

    @property
    def input_type(self) -> IntType:
        """A type that holds every input."""
        return IntType.of_all(self.input_types)

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
        factors = [np.broadcast_to(np.array(f, np.int64), self.channels) for f in self.factors]
        return np.stack(factors, axis=1)

    @property
    def row_ranges(self) -> NDArray[np.int64]:
        """(C, 2): the least and the greatest sum."""
        return self.engine.row_ranges

    @property
    def output_type(self) -> IntType:
        """That of the thresholds, or of the sums."""
        if self.activation is not None:
            return self.activation.type
        return IntType(int(self.row_ranges[:, 0].min()), int(self.row_ranges[:, 1].max()))

    def compute(self, *inputs: NDArray[np.integer]) -> NDArray[Any]:
        """inputs (frames, ...) of the elements of ``shape`` a frame to (frames, *shape), exact."""
        acc = np.zeros((len(inputs[0]), *self.shape), np.int64)
        for x, factor in zip(inputs, self.factors, strict=True):
            acc += np.array(factor, np.int64) * x.reshape(acc.shape).astype(np.int64)
        return acc if self.activation is None else self.activation.compute(acc)

    @cached_property
    def engine(self) -> Engine:
        """What adds: a depthwise product with the factors as weights, one input after the other."""
        return Engine(
            self.weights, self.input_type, self.activation, depthwise=True, input_types=self.input_types
        )

    def tables(self, board: Board, place: Place) -> list[OptionTable]:
        """Every number of lanes that divides the channels, with every place for the factors, the thresholds
        and the queues."""
        joins = {Folding(lanes, 1): self._joined(lanes) for lanes in divisors(self.channels)}
        # one input needs no queue
        none: list[FeedStyle] = ["registers"]
        styles = {f: list(join.styles(board)) if len(self.factors) > 1 else none for f, join in joins.items()}
        return [
            self._options(part, [joins[folding] for folding in part.folding.each()], style, place, board)
            for engine in self.engine.options(board.fabric, Foldings.of(list(joins)))
            for style, part in by_style(engine, styles)
        ]

    def _joined(self, lanes: int) -> Joined:
        counts, words = (1,) * len(self.factors), self.elements_in // lanes
        return Joined(lanes, self.input_types, self.input_type, counts, words)

    def _options(
        self, engine: EngineOptions, joins: Sequence[Joined], style: FeedStyle, place: Place, board: Board
    ) -> OptionTable:
        lanes, several = engine.folding.pe, len(self.factors) > 1
        ends = Structure(
            slices=lanes * (self.input_type.bits * place.first + self.output_type.bits * place.last)
        )
        structure = self.engine.structure(engine, board) + ends
        if several:
            structure += Structure.stacked([joined.structure for joined in joins])
        rom_blocks = self.engine.block_roms(engine, board).blocks
        memory = Resources.stacked([j.memory(style, board) for j in joins]) if several else Resources()
        cost = Resources(
            lut=luts(structure, board.family),
            ff=self.engine.flip_flops(engine, board.fabric.target),
            bram=rom_blocks,
        )
        return OptionTable(
            engine.folding,
            engine.rom_style,
            style,
            engine.table_style,
            np.array([joined.cycles for joined in joins], np.int64),
            cost + memory,
            rom_blocks,
            lanes,
            memory.bram,
        )

    def components(
        self, option: Option | None, lanes: Sequence[int], board: Board, slack: int = 0
    ) -> Components:
        """See `Layer`: for each input what changes its lanes, then the join and the engine."""
        assert option is not None
        joined = self._joined(option.folding.pe)
        chosen = EngineOption(option.folding, option.rom_style, option.table_style)
        engine = self.engine.hardware(chosen, board.fabric.target, slack, math.prod(self.shape[:-1]))
        join = [joined.hardware(option.feed_style)] if len(self.factors) > 1 else []
        return Components(joined.heads(lanes), [*join, engine])


@lowers(Sum, Step)
def lower(op: Sum | Step, site: Site) -> Add:
    """The layer of a sum, or of a quantiser by itself."""
    factors: tuple[Factor, ...] = op.factors if isinstance(op, Sum) else (1,)
    terms = (
        max(map(abs, factor if isinstance(factor, tuple) else (factor,))) * max(abs(t.lo), abs(t.hi))
        for factor, t in zip(factors, site.types, strict=True)
    )
    check_sum(site.name, sum(terms))
    return Add(factors, site.shapes[0], tuple(site.types))
