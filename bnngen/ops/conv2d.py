"""Convolution on integers over one or two axes, with an optional quantiser behind its sums."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding, Foldings
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, OptionTable, Place
from bnngen.cost.resources import Resources
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.engine import Engine
from bnngen.ops.engine_options import EngineOption, EngineOptions, by_style
from bnngen.ops.layer import Weighted
from bnngen.ops.line_buffer import LineBuffer, divisors, ring_memory, small_memory
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

    def tables(self, board: Board, place: Place) -> list[OptionTable]:
        """Every folding whose PE divides the rows and whose SIMD divides the channels, or is all channels of
        a row of taps; with every place for its weights, its thresholds and its lines."""
        buffers = {folding: self._buffer(folding) for folding in self._foldings()}
        styles = {folding: list(buffer.styles(board)) for folding, buffer in buffers.items()}
        return [
            self._options(part, [buffers[folding] for folding in part.folding.each()], style, place, board)
            for foldings in self._by_engine(buffers)
            for engine in self._engine(foldings[0]).options(board.fabric, Foldings.of(foldings))
            for style, part in by_style(engine, styles)
        ]

    def _by_engine(self, foldings: Iterable[Folding]) -> list[list[Folding]]:
        """The foldings of each engine."""
        ordered = sorted(foldings, key=self._spans_groups)
        return [list(same) for _, same in itertools.groupby(ordered, self._spans_groups)]

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

    @cached_property
    def _buffers(self) -> dict[Folding, LineBuffer]:
        """Those that have been asked for."""
        return {}

    def _buffer(self, folding: Folding) -> LineBuffer:
        if folding not in self._buffers:
            self._buffers[folding] = self._new_buffer(folding)
        return self._buffers[folding]

    def _new_buffer(self, folding: Folding) -> LineBuffer:
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

    def _options(
        self,
        engine: EngineOptions,
        buffers: Sequence[LineBuffer],
        style: FeedStyle,
        place: Place,
        board: Board,
    ) -> OptionTable:
        foldings = engine.folding.each()
        own = self._engine(foldings[0])
        rom_blocks = own.block_roms(engine, board).blocks
        cost = Resources(
            lut=luts(self.structure(engine, place, board), board.family),
            ff=own.flip_flops(engine, board.fabric.target),
            bram=rom_blocks,
        )
        lines = zip(foldings, buffers, strict=True)
        memory = Resources.stacked([self._memory(*each, style, board) for each in lines])
        return OptionTable(
            engine.folding,
            engine.rom_style,
            style,
            engine.table_style,
            np.array([buffer.plan.cycles for buffer in buffers]),
            cost + memory,
            rom_blocks,
            np.array([buffer.lanes for buffer in buffers]),
            memory.bram,
        )

    def _memory(self, folding: Folding, buffer: LineBuffer, style: FeedStyle, board: Board) -> Resources:
        """Where the lines lie, and the columns of a window that come one by one."""
        memory = buffer.memory(style, board)
        if self._takes_rows(folding):
            bits = (self.window.kernel[-1] - 1) * buffer.width
            memory += ring_memory(bits, self._engine(folding).beats(folding), small_memory(board), board)
        return memory

    def structure(self, engine: EngineOptions, place: Place, board: Board) -> Structure:
        """What the layer is made of, with the ports that stand beside it, in the units that have prices."""
        foldings = engine.folding.each()
        buffers = list(map(self._buffer, foldings))
        widths = np.array([buffer.width for buffer in buffers])
        ends = widths * place.first + engine.folding.pe * self.output_type.bits * place.last
        own = self._engine(foldings[0]).structure(engine, board)
        lines = Structure.stacked([buffer.structure for buffer in buffers])
        return own + lines + Structure(slices=ends)

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
