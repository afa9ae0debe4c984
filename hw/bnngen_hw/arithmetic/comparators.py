"""The two kinds of comparators behind a threshold unit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.arithmetic.threshold_table import ThresholdTable
from bnngen_hw.beats import join_words
from bnngen_hw.counting import index_range
from bnngen_hw.encoding import Encoding
from bnngen_hw.memories import RomStyle
from bnngen_hw.part import Part
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces


def _comparable(a: Encoding, b: Encoding) -> Shape:
    """A shape that holds what either encoding holds."""
    both = Encoding.for_range(min(a.lo, b.lo), max(a.hi, b.hi))
    return Shape(both.bits, signed=both.kind == "signed")


def _clipped(thresholds: NDArray[np.int64], acc: Encoding) -> NDArray[np.int64]:
    """The same thresholds to every accumulator: the lowest is "always", one above the highest "never"."""
    return np.clip(thresholds, acc.lo, acc.hi + 1)


def _encoding_of(thresholds: NDArray[np.int64]) -> Encoding:
    return Encoding.for_range(int(thresholds.min()), int(thresholds.max()))


class _Comparators(Part):
    """What both kinds have in common: the ports of `ThresholdUnit`, and tables by fold."""

    def __init__(
        self, pe: int, acc: Encoding, table: ThresholdTable, word: Encoding, pieces: Sequence[RomPieces]
    ) -> None:
        self.pe, self.acc_encoding, self.table, self._word = pe, acc, table, word
        self._shape = _comparable(acc, word)
        self.folds = len(table.thresholds) // pe
        self.roms: list[Rom] = []
        self._pieces = pieces
        super().__init__(
            {"acc": In(pe * acc.bits), "fold": In(index_range(self.folds)), "codes": Out(pe * table.out.bits)}
        )

    def _rom(self, words: list[int], width: int, style: RomStyle) -> Rom:
        """A table, or a constant where all its words are equal."""
        pieces = self._pieces[len(self.roms)] if self._pieces else ()
        rom = Rom(words[:1] if len(set(words)) == 1 else words, width, style, pieces=pieces)
        self.roms.append(rom)
        return rom

    def _flags(self) -> Rom:
        """The invert flags of a fold's lanes: too few bits for a block RAM."""
        words = [join_words(row, 1) for row in self.table.invert.reshape(-1, self.pe)]
        return self._rom(words, self.pe, "logic")

    def _number(self, m: Module, value: Value, encoding: Encoding, name: str) -> Signal:
        """A code as a number wide enough to be compared with accumulators and thresholds alike."""
        number = Signal(self._shape, name=name)
        m.d.comb += number.eq(value.as_signed() if encoding.kind == "signed" else value)
        return number

    def _accumulator(self, m: Module, lane: int) -> Signal:
        bits = self.acc_encoding.bits
        return self._number(m, self.acc[lane * bits : (lane + 1) * bits], self.acc_encoding, f"acc{lane}")

    def _emit(self, m: Module, lane: int, code: Value) -> None:
        """A lane's code, in a register. The pipeline runs freely, so it needs no reset."""
        bits = self.table.out.bits
        register = Signal(bits, name=f"code{lane}", reset_less=True)
        m.d.sync += register.eq(code)
        m.d.comb += self.codes[lane * bits : (lane + 1) * bits].eq(register)


class ParallelComparators(_Comparators):
    """One comparator per threshold and lane. Latency 1 cycle."""

    latency = 1

    def __init__(
        self, pe: int, acc: Encoding, table: ThresholdTable, style: RomStyle, pieces: Sequence[RomPieces] = ()
    ) -> None:
        thresholds = _clipped(table.thresholds, acc)
        super().__init__(pe, acc, table, _encoding_of(thresholds), pieces)
        codes = self._word.encode(thresholds).reshape(self.folds, -1)
        words = [join_words(row, self._word.bits) for row in codes]
        self._thresholds = self._rom(words, codes.shape[1] * self._word.bits, style)
        self._inverts = self._flags()

    def elaborate(self, platform: Any) -> Module:
        """Thermometer code, turned round where inverted, to output code: one small function of its bits."""
        m = Module()
        m.submodules.thresholds, m.submodules.inverts = self._thresholds, self._inverts
        m.d.comb += [self._thresholds.addr.eq(self.fold), self._inverts.addr.eq(self.fold)]
        codes = self.table.out.encode(self.table.values).tolist()
        for lane in range(self.pe):
            reached = self._reached(m, lane)
            code = reduce(lambda low, k: Mux(reached[k], codes[k + 1], low), range(len(reached)), codes[0])
            self._emit(m, lane, code)
        return m

    def _reached(self, m: Module, lane: int) -> Signal:
        """Bit k: the output is at least ``values[k + 1]``."""
        levels = self.table.levels
        acc, plain = self._accumulator(m, lane), Signal(levels, name=f"plain{lane}")
        for k in range(levels):
            first = (lane * levels + k) * self._word.bits
            word = self._thresholds.data[first : first + self._word.bits]
            threshold = self._number(m, word, self._word, f"threshold{lane}_{k}")
            m.d.comb += plain[k].eq(acc >= threshold)
        reached = Signal(levels, name=f"reached{lane}")
        m.d.comb += reached.eq(Mux(self._inverts.data[lane], ~plain[::-1], plain))
        return reached


class SearchingComparators(_Comparators):
    """A binary search over the thresholds: one comparator, and one small ROM of half-way thresholds, for each
    lane and step.

    The thresholds are filled up to 2**steps - 1 by ones in front that every accumulator reaches. The step
    that decides bit b of the count looks its threshold up by the fold and the bits above b.

    Latency: one cycle per step, and one more where the count is not itself the output code.
    """

    def __init__(
        self, pe: int, acc: Encoding, table: ThresholdTable, style: RomStyle, pieces: Sequence[RomPieces] = ()
    ) -> None:
        self.steps = table.levels.bit_length()
        pads = (1 << self.steps) - 1 - table.levels
        least = np.full((len(table.thresholds), pads), acc.lo)
        padded = np.concatenate([least, _clipped(table.thresholds, acc)], axis=1)
        super().__init__(pe, acc, table, _encoding_of(padded), pieces)
        self._ladders = [
            [self._rom(self._words(padded, lane, step), self._word.bits, style) for step in range(self.steps)]
            for lane in range(pe)
        ]
        self._inverts = self._flags()
        self._base = int(table.values[0]) - pads
        self._inverted_base = int(table.values[0])
        self._adjusts = bool(table.invert.any() or self._base)
        self.latency = self.steps + self._adjusts

    def _words(self, padded: NDArray[np.int64], lane: int, step: int) -> list[int]:
        """The half-way thresholds of a lane: word ``fold * 2**step + bits decided so far``."""
        stride = 1 << (self.steps - step)
        half_way = padded[lane :: self.pe, stride // 2 - 1 :: stride]
        return self._word.encode(half_way).ravel().tolist()

    def elaborate(self, platform: Any) -> Module:
        """All lanes side by side, one step a cycle; the fold travels along."""
        m = Module()
        for number, rom in enumerate(self.roms):
            m.submodules[f"rom{number}"] = rom
        folds = [self.fold]
        for step in range(self.steps):
            folds.append(Signal.like(self.fold, name=f"fold{step}", reset_less=True))
            m.d.sync += folds[-1].eq(folds[-2])
        m.d.comb += self._inverts.addr.eq(folds[self.steps])
        for lane, ladder in enumerate(self._ladders):
            self._lane(m, lane, ladder, folds)
        return m

    def _lane(self, m: Module, lane: int, ladder: list[Rom], folds: list[Signal]) -> None:
        decided: list[Value] = []
        acc = self._accumulator(m, lane)
        for step, rom in enumerate(ladder):
            reached = Signal(step + 1, name=f"reached{lane}_{step}")
            threshold = self._number(m, rom.data, self._word, f"threshold{lane}_{step}")
            m.d.comb += reached.eq(Cat(acc >= threshold, *decided))
            if step + 1 < self.steps:
                m.d.comb += ladder[step + 1].addr.eq(Cat(reached, folds[step + 1]))
                acc, decided = self._later(m, acc), list(self._later(m, reached))
        m.d.comb += ladder[0].addr.eq(folds[0])
        self._finish(m, lane, reached)

    def _finish(self, m: Module, lane: int, count: Signal) -> None:
        """Count to code. Inverted, the padded count's complement is L less the count without the pads."""
        if not self._adjusts:
            self._emit(m, lane, count)
            return
        bits, inverted = self.table.out.bits, self._inverts.data[lane]
        turned = Signal(bits, name=f"turned{lane}")
        m.d.comb += turned.eq(self._later(m, count) ^ inverted.replicate(self.steps))
        plain, inverse = (Const(base, bits) for base in (self._base, self._inverted_base))
        self._emit(m, lane, turned + Mux(inverted, inverse, plain))

    def _later(self, m: Module, value: Signal) -> Signal:
        later = Signal.like(value, name=f"{value.name}_r", reset_less=True)
        m.d.sync += later.eq(value)
        return later
