"""Read-only memories."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from amaranth.hdl import Array, Cat, Const, Module, Signal, Value
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from bnngen_hw.counting import index_range
from bnngen_hw.memories import RomStyle
from bnngen_hw.part import Part
from bnngen_hw.roms.rom_block import RomPiece, RomPieces, SharedRom, memory_attributes
from bnngen_hw.roms.rom_columns import ALWAYS_0, ALWAYS_1, RomColumns


class Rom(Part):
    """A memory that is never written, read in every cycle.

    Latency: ``latency`` cycles: 1, or 2 with ``registered``, which puts a register behind the memory. With
    one word the data is a constant, at any time.

    Style "block" stores only columns that differ (see `RomColumns`), in one memory, or in ``pieces``: for
    each range of columns, all words in order.

    Ports: ``addr`` (in): the address of the word wanted ``latency`` cycles later; ``data`` (out, ``width``
    bits).

    Raises ValueError if there are no words, one does not fit ``width``, the style is unknown, or the
    pieces are not the whole of what has to be stored.
    """

    def __init__(
        self,
        words: Sequence[int],
        width: int,
        style: RomStyle,
        registered: bool = False,
        pieces: RomPieces = (),
    ) -> None:
        if not words:
            raise ValueError("a ROM needs at least one word")
        if min(words) < 0 or max(words) >> width:
            raise ValueError(f"a ROM word does not fit {width} bits")
        self.words, self.width, self.style, self.registered = list(words), width, style, registered
        self._attributes = memory_attributes("logic" if style == "counted" else style)
        self.latency = 1 + registered
        self.pieces = pieces
        self._check_pieces()
        super().__init__({"addr": In(index_range(len(words))), "data": Out(width)})

    @property
    def bits(self) -> int:
        """Bits of memory: 0 for a constant."""
        return len(self.words) * self.width if len(self.words) > 1 else 0

    @cached_property
    def columns(self) -> RomColumns:
        """What style "block" stores."""
        return RomColumns.of(self.words, self.width)

    def piece_words(self, piece: RomPiece) -> list[int]:
        """The contents of a piece."""
        columns = slice(piece.column, piece.column + piece.width)
        return self.columns.words(columns, slice(piece.first, piece.first + piece.depth))

    def varies(self, piece: RomPiece) -> bool:
        """Whether the words of a piece differ: otherwise it needs no memory."""
        rows = slice(piece.first, piece.first + piece.depth)
        bits = self.columns.bits[rows, piece.column : piece.column + piece.width]
        return bool((bits != bits[0]).any())

    def _check_pieces(self) -> None:
        if not self.pieces:
            return
        covered = sum(piece.width * piece.depth for piece in self.pieces)
        if self.style != "block" or covered != self.columns.bits.size:
            raise ValueError(f"{covered} bits in pieces, but {self.columns.bits.size} are stored")

    @property
    def shared(self) -> list[SharedRom]:
        """The memories that hold pieces of this ROM, and are to be instantiated beside its engine."""
        return [piece.port.memory for piece in self.pieces if piece.port]

    def elaborate(self, platform: Any) -> Module:
        """Always enabled."""
        m = Module()
        if len(self.words) == 1:
            m.d.comb += self.data.eq(self.words[0])
        elif self.style == "block":
            m.d.comb += self.data.eq(expanded(self.columns, self._stored(m)))
        else:
            m.d.comb += self.data.eq(self._of_logic(m))
        return m

    def _of_logic(self, m: Module) -> Value:
        m.submodules.memory = memory = Memory(
            shape=self.width, depth=len(self.words), init=self.words, attrs=self._attributes
        )
        counted = self.style == "counted"
        port = memory.read_port(domain="comb" if counted else "sync")
        m.d.comb += port.addr.eq(self._later(m, self.addr) if counted else self.addr)
        return self._later(m, port.data) if self.registered else port.data

    def _stored(self, m: Module) -> Signal:
        """The stored columns of the word."""
        stored = Signal(self.columns.count)
        depth = len(self.words)
        whole = [RomPiece(0, self.columns.count, 0, depth, depth)] if self.columns.count else []
        for column, pieces in groupby(self.pieces or whole, lambda piece: piece.column):
            parts = list(pieces)
            values = [self._piece(m, f"block_{column}_{part.first}", part) for part in parts]
            value = values[0] if len(parts) == 1 else Array(values)[self._part(m, parts[0].stride)]
            m.d.comb += stored[column : column + parts[0].width].eq(value)
        return self._later(m, stored) if self.registered else stored

    def _part(self, m: Module, stride: int) -> Signal:
        """Which of the pieces of a column holds the word that comes now."""
        return self._later(m, self.addr[(stride - 1).bit_length() :])

    def _piece(self, m: Module, name: str, piece: RomPiece) -> Value:
        """The data of one piece; one of a single value needs no memory."""
        words = self.piece_words(piece)
        if not self.varies(piece):
            return Const(words[0], piece.width)
        addr = self.addr[: (piece.depth - 1).bit_length()]
        if piece.port:
            m.d.comb += piece.port.addr.eq(addr)
            return piece.port.data
        m.submodules[name] = memory = Memory(
            shape=piece.width, depth=piece.depth, init=words, attrs=self._attributes
        )
        port = memory.read_port()
        m.d.comb += port.addr.eq(addr)
        return port.data

    def _later(self, m: Module, value: Value) -> Signal:
        later = Signal(len(value), reset_less=True)
        m.d.sync += later.eq(value)
        return later


def expanded(columns: RomColumns, stored: Signal) -> Value:
    """All data bits, from the stored ones."""
    before = np.concatenate([[ALWAYS_0], columns.sources[:-1]])
    starts = np.flatnonzero((columns.sources != before + 1) | (before < 0))
    ends = [*starts[1:].tolist(), len(columns.sources)]
    return Cat(
        _run(stored, int(columns.sources[first]), end - first)
        for first, end in zip(starts.tolist(), ends, strict=True)
    )


def _run(stored: Signal, source: int, length: int) -> Value:
    if source < 0:
        return Const(source == ALWAYS_1, 1)
    return stored[source : source + length]
