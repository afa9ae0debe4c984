"""The dense engine: XNOR-popcount and low-bit matrix-vector products, with thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Shape, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.arithmetic.accumulate import Accumulator
from bnngen_hw.arithmetic.dot import DotProduct
from bnngen_hw.arithmetic.threshold_table import ThresholdTable
from bnngen_hw.beats import beat_count
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter, delay_line
from bnngen_hw.encoding import Encoding
from bnngen_hw.engine.codes import CodeStage
from bnngen_hw.engine.numbers import AccumulatorPlan, InputRange, RowRanges, engine_weights
from bnngen_hw.memories import RomStyle
from bnngen_hw.part import bit_stream
from bnngen_hw.roms.borders import Borders
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces
from bnngen_hw.roms.table_places import TablePlaces
from bnngen_hw.streams.credit import CreditFifo
from bnngen_hw.target import Target
from bnngen_hw.timing import Cycles, full_rate_depth, queue


class DenseEngine(StreamComponent):
    """Multiplies vectors by a constant matrix, ``pe`` rows and ``simd`` columns a cycle.

    ``weights`` (N, K) in encoding ``w``, inputs in encoding ``x``. Rows are done in ``folds`` = ceil(N / pe)
    folds; a fold takes ``beats`` = ceil(K / simd) beats. Row ``f * pe + p`` is lane p of fold f. The output
    is

    - without ``thresholds``: the dot products, in encoding ``out``;
    - with ``thresholds`` (N, L), on dot products, ascending: ``out_lo`` + the number reached (missed where
      ``invert`` (N,)), or -1 and +1 if ``out`` is bipolar.

    ``target``: the fabric. ``x_range``: the least and greatest input that occurs, of all columns or of each;
    by default all that the encoding holds. ``slack``: cycles that a result may wait at the output without
    slowing the engine down.
    ``vectors``: how many a frame has; ``borders``: what is added to their dot products. Styles of the weight
    ROM and of the thresholds' tables: see `RomStyle`. ``pieces``: how each of ``roms`` is stored, see `Rom`.

    The pipeline never stops: input registers and ROM, bit heap, accumulators, thresholds, `CreditFifo`. One
    beat per cycle; ``latency`` cycles from a fold's last beat to its output beat; ``i.ready`` comes from
    registers. One threshold a row costs no comparator: the accumulator starts at minus the threshold, its
    sign is the result.

    ``depthwise``: every row has inputs of its own; lane p of a beat is row p of the fold, and simd is 1.

    Ports: ``i``, stream of ``simd`` elements: each vector's ceil(K / simd) beats, ``folds`` times; if
    depthwise, of ``pe`` elements: the K beats of each fold. ``o``, stream of ``pe`` elements: ``folds`` beats
    per vector.

    Raises ValueError if shapes disagree, pe or simd are larger than the matrix, a weight does not fit its
    encoding, an output may not fit ``out``, or thresholds are not sorted.
    """

    def __init__(
        self,
        weights: NDArray[np.integer],
        x: Encoding,
        w: Encoding,
        pe: int,
        simd: int,
        thresholds: NDArray[np.integer] | None,
        invert: NDArray[np.bool_] | None,
        out: Encoding,
        out_lo: int = 0,
        target: Target = Target(),  # noqa: B008 - frozen
        rom_style: RomStyle = "block",
        threshold_style: RomStyle = "logic",
        x_range: InputRange | None = None,
        slack: int = 0,
        vectors: int = 1,
        borders: Borders | None = None,
        depthwise: bool = False,
        pieces: Sequence[RomPieces] = (),
    ) -> None:
        self.weights = np.asarray(weights, dtype=np.int64)
        self.x_encoding, self.w_encoding, self.out, self.pe, self.simd = x, w, out, pe, simd
        self.slack, self.vectors, self.depthwise = slack, vectors, depthwise
        self._check_shape(x_range)
        rows, columns = self.weights.shape
        self.folds, self.beats = beat_count(rows, pe), beat_count(columns, simd)
        self.table = None if thresholds is None else ThresholdTable.checked(thresholds, invert, out, out_lo)
        if self.table is not None and len(self.table.thresholds) != rows:
            raise ValueError(f"{rows} rows of weights, but {len(self.table.thresholds)} rows of thresholds")
        self.borders = borders or Borders.none(rows)
        self._places = TablePlaces(self.borders, self.folds, pe)
        fabric = replace(target, fanout=1) if depthwise else target  # every lane has an input of its own
        self._dot = DotProduct(simd, pe, x, w, fabric, engine_weights(rom_style, self.folds * self.beats))
        ranges = RowRanges.of(self.weights, self._dot.code, self.beats * simd, x_range)
        ranges = ranges.extended(self.borders.by_class)
        self._plan = AccumulatorPlan.choose(ranges, self.table, accumulates=self.beats > 1)
        self._check_output()
        registered = target.rom_register and rom_style == "block" and self.folds * self.beats > 1
        weights_in, *tables_in = pieces or [()]
        self._rom = Rom(self._rom_words(), simd * w.bits * pe, rom_style, registered, weights_in)
        starts_in = tables_in.pop(0) if tables_in and self._starts else ()
        self._accumulator = self._make_accumulator(threshold_style, starts_in)
        self._codes = CodeStage(self._plan, self.table, self._places, rows, threshold_style, tables_in)
        self.lanes = pe if depthwise else simd
        super().__init__({"i": In(bit_stream(self.lanes * x.bits)), "o": Out(bit_stream(pe * out.bits))})

    def _check_shape(self, x_range: InputRange | None) -> None:
        if self.weights.ndim != 2 or not self.weights.size:
            raise ValueError(f"weights must be a matrix (N, K), not of shape {self.weights.shape}")
        for name, value, limit in zip(("pe", "simd"), (self.pe, self.simd), self.weights.shape, strict=True):
            if not 1 <= value <= limit:
                raise ValueError(f"{name} must be from 1 to {limit} for this matrix, not {value}")
        if self.depthwise and self.simd != 1:
            raise ValueError(f"a depthwise engine has one input a lane and beat, so simd 1, not {self.simd}")
        x = self.x_encoding
        if x_range and not x.lo <= np.min(x_range[0]) <= np.max(x_range[1]) <= x.hi:
            raise ValueError(f"inputs {x_range} do not fit {x.bits} {x.kind} bits")

    def _check_output(self) -> None:
        if self.table is not None:
            return
        need = self._plan.encoding
        if self.out.kind == "bipolar" or need.lo < self.out.lo or need.hi > self.out.hi:
            raise ValueError(
                f"dot products need {need.bits} {need.kind} bits, not {self.out.bits} {self.out.kind} bits"
            )

    def _rom_words(self) -> list[int]:
        rows, columns = self.weights.shape
        spare = ((0, self.folds * self.pe - rows), (0, self.beats * self.simd - columns))
        padded = np.pad(self.weights, spare, constant_values=self._dot.code.neutral_weight)
        tiles = padded.reshape(self.folds, self.pe, self.beats, self.simd).swapaxes(1, 2)
        return self._dot.pack_weights(tiles.reshape(-1, self.pe, self.simd))

    @property
    def _starts(self) -> bool:
        """Whether sums are added to something."""
        return self.beats > 1 or bool(self._plan.shift) or bool(self._plan.start.any())

    def _make_accumulator(self, style: RomStyle, pieces: RomPieces) -> Accumulator | None:
        if not self._starts:
            return None
        plan, single = self._plan, self.beats == 1
        start, width = self._places.table(plan.start), plan.encoding.bits
        return Accumulator(self.pe, self._dot.width, width, start, plan.shift, single, style, pieces)

    @property
    def _sums_at(self) -> int:
        """Cycles from a beat to its raw sums: input registers (or ROM), then the heap."""
        return self._rom.latency + self._dot.latency

    @property
    def _acc_at(self) -> int:
        return self._sums_at + (self._accumulator is not None)

    @property
    def _codes_at(self) -> int:
        return self._acc_at + self._codes.latency

    @property
    def latency(self) -> int:
        """Cycles from a fold's last input beat to the first in which its output beat is offered."""
        return self._codes_at + 1

    @property
    def fifo_depth(self) -> int:
        """Output beats that the `CreditFifo` holds: just enough for full rate."""
        return full_rate_depth(self.latency + self.slack, self.beats)

    @property
    def buffer_bits(self) -> int:
        """Bits of the `CreditFifo`."""
        return self.fifo_depth * self.pe * self._codes.stored.bits

    @property
    def roms(self) -> list[Rom]:
        """The weight ROM, and the tables of start values and thresholds."""
        starts = self._accumulator.roms if self._accumulator else []
        return [self._rom, *starts, *self._codes.roms]

    @property
    def weight_roms(self) -> list[Rom]:
        """The weight ROM."""
        return [self._rom]

    def laid_out(self, pieces: Sequence[RomPieces]) -> DenseEngine:
        """The same with its ``roms`` stored in these pieces."""
        return self.rebuilt(pieces=pieces)

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.folds * self.beats * self.vectors

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t)[self.beats - 1 :: self.beats] + self.latency

    def compute(self, x: NDArray[np.integer]) -> NDArray[np.int64]:
        """The outputs (n, N) for vectors (n, K), if depthwise (n, N, K), those of whole frames in order."""
        extra, x = self.borders.by_position, np.asarray(x, dtype=np.int64)
        dot = (x * self.weights).sum(axis=2) if self.depthwise else x @ self.weights.T
        dot = dot + np.resize(extra, dot.shape)
        if self.table is None:
            return dot
        return self.table.compute(dot, np.broadcast_to(np.arange(len(self.weights)), dot.shape))

    def elaborate(self, platform: Any) -> Module:
        """Intake, sums, accumulators, codes, FIFO; ``lasts[k]`` marks a fold's last beat k cycles late."""
        m = Module()
        m.submodules.fifo = fifo = CreditFifo(self.pe * self._codes.stored.bits, self.fifo_depth)
        accept, last = self._intake(m, fifo)
        lasts = delay_line(m, last, self._codes_at)
        acc = self._accumulate(m, delay_line(m, accept, self._sums_at), lasts)
        codes = self._codes.build(m, acc, lambda cycle: self._fold_at(m, lasts, cycle), self._acc_at)
        m.d.comb += [fifo.push.eq(lasts[self._codes_at]), fifo.payload.eq(codes)]
        self._output(m, fifo, self._codes.stored)
        return m

    def _intake(self, m: Module, fifo: CreditFifo) -> tuple[Signal, Signal]:
        """Takes a beat unless its fold's result has no place; returns "a beat" and "a fold's last beat"."""
        accept, last = Signal(name="accept"), Signal(name="last")
        beat = Counter(self.beats, "beat").build(m, accept)
        at = Counter(self.folds * self.beats, "weights_at").build(m, accept)
        m.submodules.rom, m.submodules.dot = self._rom, self._dot
        m.d.comb += [
            self.i.ready.eq(fifo.free | ~beat.last),
            accept.eq(self.i.valid & self.i.ready),
            last.eq(accept & beat.last),
            fifo.promise.eq(last),
            self._rom.addr.eq(at.value),
            self._dot.w.eq(self._rom.data),
            self._dot.x.eq(self._inputs(m)),
        ]
        return accept, last

    def _inputs(self, m: Module) -> Value:
        """The input when its weights are there: the last register has a copy for each group of lanes."""
        value: Value = self.i.payload
        for stage in range(1, self._rom.latency):
            later = Signal(len(value), name=f"x{stage}", reset_less=True)
            m.d.sync += later.eq(value)
            value = later
        if self.depthwise:
            last = Signal(len(value), name="x_last", reset_less=True)
            m.d.sync += last.eq(value)
            return last
        copies = [
            Signal(len(value), name=f"x_copy{k}", reset_less=True, attrs={"keep": 1})
            for k in range(self._dot.copies)
        ]
        m.d.sync += [copy.eq(value) for copy in copies]
        return Cat(copies)

    def _fold_at(self, m: Module, lasts: list[Signal], cycle: int) -> tuple[Value, Counter]:
        """The tables' address for what is ``cycle`` cycles behind the intake, and its fold."""
        return self._places.follow(m, f"at_{cycle}", lasts[cycle])

    def _accumulate(self, m: Module, accepts: list[Signal], lasts: list[Signal]) -> list[Value]:
        """The lanes' final values, ``_acc_at`` cycles after a fold's last beat."""
        bits = self._plan.encoding.bits
        if self._accumulator is None:
            width, sums = self._dot.width, self._dot.sums
            return [sums[lane * width : (lane + 1) * width] for lane in range(self.pe)]
        m.submodules.accumulator = accumulator = self._accumulator
        first = Signal(init=1)
        at = self._sums_at
        with m.If(accepts[at]):
            m.d.sync += first.eq(lasts[at])
        m.d.comb += [
            accumulator.sums.eq(self._dot.sums),
            accumulator.valid.eq(accepts[at]),
            accumulator.first.eq(first),
            accumulator.fold.eq(self._fold_at(m, lasts, at - 1)[0]),
        ]
        return [accumulator.acc[lane * bits : (lane + 1) * bits] for lane in range(self.pe)]

    def _output(self, m: Module, fifo: CreditFifo, stored: Encoding) -> None:
        """Dot products are stored as narrow as they are; here they get the output's width."""
        m.d.comb += [self.o.valid.eq(fifo.o.valid), fifo.o.ready.eq(self.o.ready)]
        for lane in range(self.pe):
            code = Signal(Shape(stored.bits, signed=stored.kind == "signed"), name=f"code{lane}")
            m.d.comb += code.eq(fifo.o.payload[lane * stored.bits : (lane + 1) * stored.bits])
            m.d.comb += self.o.payload[lane * self.out.bits : (lane + 1) * self.out.bits].eq(code)
