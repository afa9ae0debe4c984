"""Convolution on integers over one or two axes, with an optional quantiser behind its sums."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ir.layers import Convolution
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.dense import greatest_sum
from bnngen.ops.engine import Engine, EngineOption
from bnngen.ops.layer import Weighted
from bnngen.ops.line_buffer import LineBuffer, divisors, ring_memory, small_memory
from bnngen.ops.lowering import Site, check_sum, lowers
from bnngen.ops.matmul import ExactProduct
from bnngen.ops.threshold import Threshold
from bnngen.ops.windowed import Windowed
from bnngen_boards.profile import Board
from bnngen_hw.beats import join_words
from bnngen_hw.memories import FeedStyle
from bnngen_hw.roms.borders import Borders

if TYPE_CHECKING:
    from bnngen_hw.buffers.columns import WindowColumns
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True, eq=False)
class Conv2d(Windowed, Weighted):
    """acc = W x at each position of a sliding window, then ``activation`` if there is one.

    ``weights`` (N, K) integers: the columns are the window's taps, the first axis slowest, each with the
    C / ``groups`` channels of the row's group. ``spatial`` is the shape of the input map, (H, W) or (L,),
    and ``input_type`` the type of its elements; padded positions hold ``pad``, which a bipolar type need
    not hold. Without an activation the outputs are the dot products. Input (*spatial, C), output
    (*positions, N).
    """

    weights: NDArray[np.int64]
    window: Window
    spatial: Axes
    input_type: IntType
    groups: int = 1
    pad: int = 0
    activation: Threshold | None = None

    @cached_property
    def engine(self) -> Engine:
        """What does the arithmetic of one position, group by group: each row has the inputs of its group."""
        return Engine(self.weights, self.input_type, self.activation, self._borders, self.depthwise)

    @cached_property
    def _whole_engine(self) -> Engine:
        """The same at a higher rate than one group allows: each row has all inputs, and zeros for those of
        other groups."""
        return Engine(self._all_columns, self.input_type, self.activation, self._borders)

    def _engine(self, folding: Folding) -> Engine:
        return self._whole_engine if self._spans_groups(folding) else self.engine

    def _spans_groups(self, folding: Folding) -> bool:
        """Whether rows or channels of several groups are taken at once."""
        whole = folding.pe * self.groups > len(self.weights) or folding.simd * self.groups > self.channels
        return whole and self.groups > 1 and not self.depthwise

    @property
    def depthwise(self) -> bool:
        """Whether there is one output for each channel, made of that channel alone."""
        return self.groups == self.channels == len(self.weights) > 1

    @property
    def _borders(self) -> Borders | None:
        """A bipolar map is padded with bits that count as -1: where they are read as weights, the weights are
        what the sums lack."""
        if not self.input_type.bipolar or not self.window.padded or self.pad:
            return None
        plan = self.window.plan(self.spatial, 1)
        (row_taps, rows), (column_taps, columns) = (
            np.unique(plan.inside(axis), axis=0, return_inverse=True) for axis in (0, 1)
        )
        outside = ~(row_taps[:, None, :, None] & column_taps[None, :, None, :])
        by_tap = self.weights.reshape(len(self.weights), self.window.taps, -1).sum(axis=2)
        extra = outside.reshape(*outside.shape[:2], -1) @ by_tap.T
        return Borders(rows.ravel(), columns.ravel(), extra.astype(np.int64))

    @property
    def _all_columns(self) -> NDArray[np.int64]:
        """The weights (N, taps * C)."""
        if self.groups == 1:
            return self.weights
        rows, taps = len(self.weights), self.window.taps
        grouped = self.weights.reshape(self.groups, rows // self.groups, taps, -1)
        full = np.zeros((*grouped.shape[:3], self.groups, grouped.shape[3]), np.int64)
        for group in range(self.groups):
            full[group, :, :, group] = grouped[group]
        return full.reshape(rows, -1)

    @property
    def channels(self) -> int:
        """C."""
        return int(self.weights.shape[1] // self.window.taps * self.groups)

    @property
    def channels_out(self) -> int:
        """N."""
        return len(self.weights)

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""
        return math.prod(self.positions) * self.weights.size

    @cached_property
    def _products(self) -> list[ExactProduct]:
        """One for each group."""
        most = max(abs(self.input_type.lo), abs(self.input_type.hi), abs(self.pad) * self.window.padded)
        return [ExactProduct(rows, most) for rows in np.split(self.weights, self.groups)]

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) with H*W*C elements a frame to (frames, *positions, N), exact, of a type that holds
        them."""
        maps = x.reshape(len(x), *self.spatial, self.groups, -1)
        sums = [self._group(maps[..., g, :], product) for g, product in enumerate(self._products)]
        acc = sums[0] if self.groups == 1 else np.concatenate(sums, axis=-1)
        y = acc if self.activation is None else self.activation.compute(acc)
        return y.reshape(len(x), *self.positions, len(self.weights))

    def _group(self, maps: NDArray[Any], product: ExactProduct) -> NDArray[Any]:
        """The sums (frames * positions, rows) of one group's channels."""
        windows = self.window.gather(maps.astype(product.dtype, copy=False), self.pad)
        return product(windows.reshape(-1, product.weights.shape[1]))

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every folding whose PE divides the rows and whose SIMD divides the channels, or is all channels of
        a row of taps; with every place for its weights, its thresholds and its lines."""
        for folding in self._foldings():
            buffer = self._buffer(folding)
            for engine in self._engine(folding).options(board.fabric, [folding]):
                for style in buffer.styles(board):
                    yield self._option(engine, buffer, style, place, board)

    def _foldings(self) -> Iterator[Folding]:
        simds = [1] if self.depthwise else divisors(self.channels) + self.rows_of_taps
        for pe, simd in itertools.product(divisors(len(self.weights)), simds):
            folding, rows, channels = Folding(pe, simd), len(self.weights), self.channels
            divides = rows // self.groups % pe == 0 == channels // self.groups % simd
            if divides or self.groups == 1 or self.depthwise or self._spans_groups(folding):
                yield folding

    @property
    def rows_of_taps(self) -> list[int]:
        """The SIMD for a row of taps at once, if there is such a row."""
        one_by_one = self.window.kernel[-1] == 1 or self.window.dilations[-1] > 1
        return [] if one_by_one or self.depthwise else [self.window.kernel[-1] * self.channels]

    def _takes_rows(self, folding: Folding) -> bool:
        """Whether a row of taps is taken at once."""
        return not self.depthwise and folding.simd > self.channels

    def _buffer(self, folding: Folding) -> LineBuffer:
        if self.depthwise:
            words = self.channels // folding.pe
            return LineBuffer(
                self.window.plan(self.spatial, words, groups=words), folding.pe, self.input_type.bits
            )
        folds = self.engine.folds(folding)
        if self._takes_rows(folding):
            plan = self.window.column.plan(self.spatial, 1, folds)
            return LineBuffer(plan, self.channels, self.input_type.bits)
        groups = 1 if self._spans_groups(folding) else self.groups
        plan = self.window.plan(self.spatial, self.channels // folding.simd, folds // groups, groups)
        return LineBuffer(plan, folding.simd, self.input_type.bits)

    def _columns(self, folding: Folding, board: Board) -> list[WindowColumns]:
        """What puts the columns of a window side by side, if they come one by one."""
        from bnngen_hw.buffers.columns import WindowColumns

        if not self._takes_rows(folding):
            return []
        buffer = self._buffer(folding)
        rows, columns = buffer.plan.outputs
        return [
            WindowColumns(
                buffer.width,
                self.window.kernel[-1],
                self._engine(folding).beats(folding),
                columns,
                rows,
                self.window.strides[-1],
                buffer.plan.repeats,
                small_memory(board),
            )
        ]

    def _option(
        self, engine: EngineOption, buffer: LineBuffer, style: FeedStyle, place: Place, board: Board
    ) -> Option:
        own = self._engine(engine.folding)
        rom_blocks = sum(rom.blocks for rom in own.block_roms(engine, board))
        cost = Resources(
            lut=luts(self.structure(engine, place, board), board.family),
            ff=own.flip_flops(engine, board.fabric.target),
            bram=rom_blocks,
        )
        memory = buffer.memory(style, board)
        if self._takes_rows(engine.folding):
            bits = (self.window.kernel[-1] - 1) * buffer.width
            memory += ring_memory(bits, own.beats(engine.folding), small_memory(board), board)
        return Option(
            engine.folding,
            engine.rom_style,
            style,
            buffer.plan.cycles,
            cost + memory,
            rom_blocks,
            engine.table_style,
            buffer.lanes,
            memory.bram,
        )

    def structure(self, engine: EngineOption, place: Place, board: Board) -> Structure:
        """What the layer is made of, with the ports that stand beside it, in the units that have prices."""
        buffer = self._buffer(engine.folding)
        ends = buffer.width * place.first + engine.folding.pe * self.output_type.bits * place.last
        own = self._engine(engine.folding).structure(engine, board)
        return own + buffer.structure() + Structure(slices=ends)

    @property
    def pads_zeros(self) -> bool:
        """Whether padded positions count as 0."""
        return self.window.padded and not self.pad

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        assert option is not None
        folding, buffer = option.folding, self._buffer(option.folding)
        chosen = EngineOption(folding, option.rom_style, option.table_style)
        engine = self._engine(folding).hardware(chosen, board.fabric.target, slack, math.prod(self.positions))
        pad = 0
        if self.window.padded:
            pads = np.full(buffer.lanes, -1 if self.engine.borders else self.pad)
            codes = self.input_type.encoding.encode(pads)
            pad = join_words(codes, self.input_type.bits)
        columns = self._columns(folding, board)
        return [*buffer.hardware(i_lanes, option.feed_style, pad), *columns, engine]


@lowers(Convolution)
def lower(op: Convolution, site: Site) -> Conv2d:
    """The layer of a convolution. Raises ModelError if its padding is none of the input's integers."""
    check_sum(site.name, greatest_sum(op.weights, site.types[0]))
    pad, type_ = _pad(op, site)
    return Conv2d(op.weights, op.window, site.shapes[0][:-1], type_, op.groups, pad)


def _pad(op: Convolution, site: Site) -> tuple[int, IntType]:
    """What the padded positions hold, and the type of all elements: an integer that the bits of the input's
    type hold, or 0 between -1 and +1."""
    type_ = site.types[0]
    if not op.window.padded:
        return 0, type_
    if op.pad.is_rational and op.pad.fraction().denominator == 1:
        pad = int(op.pad.fraction())
        wide = type_ if type_.bipolar else IntType(min(type_.lo, pad), max(type_.hi, pad))
        if wide.encoding == type_.encoding and wide.lo <= pad <= wide.hi:
            return pad, wide
    raise ModelError(
        site.name,
        f"pads with {float(op.pad):g} where its input holds {type_}; accepted is one of these integers: "
        "quantise the input so that 0 is one of its values",
    )
