"""The end of an engine: from the lanes' final values to the codes that leave it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, Value

from bnngen_hw.arithmetic.threshold import ThresholdUnit
from bnngen_hw.arithmetic.threshold_table import ThresholdTable
from bnngen_hw.beats import join_words
from bnngen_hw.counting import Counter
from bnngen_hw.engine.numbers import AccumulatorPlan
from bnngen_hw.memories import RomStyle
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces
from bnngen_hw.roms.table_places import TablePlaces

Follow = Callable[[int], tuple[Value, Counter]]
"""The tables' address, and the counter of folds, for what is so many cycles behind the intake."""


class CodeStage:
    """What makes codes of the values that ``plan`` counts, for ``pe`` lanes at the tables' ``places``.

    By the thresholds of ``table``; by the sign where the accumulators start at minus the only threshold; or
    not at all without a table. ``rows`` of all folds are real: the lanes of others give 0. ``stored`` is the
    codes' encoding, ``latency`` the cycles that they take. ``style``, ``pieces``: see `ThresholdUnit`.
    """

    def __init__(
        self,
        plan: AccumulatorPlan,
        table: ThresholdTable | None,
        places: TablePlaces,
        rows: int,
        style: RomStyle,
        pieces: Sequence[RomPieces],
    ) -> None:
        self.plan, self.table, self.places, self.pe = plan, table, places, places.pe
        self.stored = plan.encoding if table is None else table.out
        self._last_lanes = rows - (places.folds - 1) * self.pe
        self._thresholds = self._make_thresholds(style, pieces)
        self._inverts = self._make_inverts()
        self.latency = self._thresholds.latency if self._thresholds else 0

    def _make_thresholds(self, style: RomStyle, pieces: Sequence[RomPieces]) -> ThresholdUnit | None:
        if self.table is None or self.plan.thresholds is None:
            return None
        thresholds = self.places.table(self.plan.thresholds).reshape(-1, self.table.levels)
        invert = self.places.table(self.table.invert).ravel().astype(bool)
        out_lo = int(self.table.values[0])
        encoding, out = self.plan.encoding, self.table.out
        return ThresholdUnit(self.pe, encoding, thresholds, invert, out, out_lo, style, pieces)

    def _make_inverts(self) -> Rom | None:
        """Where the sign is the result: the flags of a fold's lanes."""
        if self.table is None or self._thresholds is not None:
            return None
        words = [join_words(row, 1) for row in self.places.table(self.table.invert)]
        return Rom(words[:1] if len(set(words)) == 1 else words, self.pe, "logic")

    @property
    def roms(self) -> Sequence[Rom]:
        """The tables of thresholds."""
        return self._thresholds.roms if self._thresholds else ()

    @property
    def table_bits(self) -> int:
        """Bits of thresholds and flags that change with the fold."""
        return sum(rom.bits for rom in self.roms) + (self._inverts.bits if self._inverts else 0)

    def build(self, m: Module, acc: Sequence[Value], follow: Follow, at: int) -> Value:
        """The codes of all lanes, side by side, ``latency`` cycles after ``acc``, which comes ``at`` cycles
        behind the intake."""
        codes = self._codes(m, acc, follow, at)
        if self._last_lanes == self.pe:
            return Cat(codes)
        there = ~follow(at + self.latency)[1].last
        real, spare = codes[: self._last_lanes], codes[self._last_lanes :]
        return Cat(real, [Mux(there, code, 0) for code in spare])

    def _codes(self, m: Module, acc: Sequence[Value], follow: Follow, at: int) -> list[Value]:
        values = [Signal(self.plan.encoding.bits, name=f"value{lane}") for lane in range(self.pe)]
        m.d.comb += [value.eq(lane) for value, lane in zip(values, acc, strict=True)]
        if self.table is None:
            return list(values)
        address, _ = follow(at - 1)
        if self._thresholds is None:
            return self._signs(m, self.table, values, address)
        m.submodules.thresholds = thresholds = self._thresholds
        m.d.comb += [thresholds.acc.eq(Cat(values)), thresholds.fold.eq(address)]
        bits = self.stored.bits
        return [thresholds.codes[k * bits : (k + 1) * bits] for k in range(self.pe)]

    def _signs(
        self, m: Module, table: ThresholdTable, values: Sequence[Signal], address: Value
    ) -> list[Value]:
        """One code for a value below 0, the other from 0 on."""
        assert self._inverts is not None
        m.submodules.inverts = self._inverts
        m.d.comb += self._inverts.addr.eq(address)
        low, high = self.stored.encode(table.values).tolist()
        flags = self._inverts.data
        return [Mux(value[-1] ^ ~flags[lane], high, low) for lane, value in enumerate(values)]
