"""Lays the weight ROMs of a design into block RAMs, after the foldings are chosen.

Every ROM is cut into pieces of one block each (see `rom_cut`). Where blocks have two read ports, two pieces
that leave room enough share one, whichever engines they belong to: each has a port of its own, so no rate is
lost. Where a block has one read port, nothing can be shared by ROMs that are read in every cycle.

What is counted here is what synthesis makes, whatever the weights are: columns that it would drop or merge
are not stored in the first place (see `RomColumns`), and pieces of a single value are wires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from bnngen.cost.rom_cut import MemoryShape, cut
from bnngen.ops.components import Components
from bnngen_boards.families import two_port_width
from bnngen_boards.profile import BlockRam
from bnngen_hw.component import StreamComponent
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPiece, RomPieces, SharedRom


class Pair(NamedTuple):
    """The indices of two pieces that share a memory of ``words`` words, the deeper one first."""

    first: int
    second: int
    words: int


@dataclass(frozen=True)
class _Placed:
    """A piece of the ROM number ``rom`` that takes a block, or a port of one."""

    rom: int
    piece: RomPiece

    @property
    def extent(self) -> MemoryShape:
        return self.piece.width, self.piece.depth


@dataclass(frozen=True, eq=False)
class Packing:
    """How each of ``roms`` is stored. ``whole``: its pieces, before any two share a block. ``placed``: those
    that need one; ``pairs`` of them share one."""

    roms: Sequence[Rom]
    whole: Sequence[Sequence[RomPiece]]
    placed: Sequence[_Placed]
    pairs: Sequence[Pair]

    @cached_property
    def blocks(self) -> list[int]:
        """The blocks of each ROM: one that two share counts for the earlier of them."""
        blocks = [sum(one.rom == number for one in self.placed) for number in range(len(self.roms))]
        for first, second, _ in self.pairs:
            blocks[max(self.placed[first].rom, self.placed[second].rom)] -= 1
        return blocks

    @cached_property
    def pieces(self) -> list[RomPieces]:
        """The pieces of each ROM, those that share a block with their ports of it."""
        pieces = list(map(list, self.whole))
        for first, second, words in self.pairs:
            both = (self.placed[first], self.placed[second])
            contents = [(self.roms[one.rom].piece_words(one.piece), one.piece.width) for one in both]
            for one, port in zip(both, SharedRom(words, contents).ports, strict=True):
                pieces[one.rom][pieces[one.rom].index(one.piece)] = replace(one.piece, port=port)
        return list(map(tuple, pieces))


@dataclass(frozen=True, eq=False)
class LaidOut:
    """The components ``plain`` of the layers, with all their ROMs in as few blocks of ``bram`` as can be."""

    plain: Sequence[Components]
    bram: BlockRam

    @cached_property
    def _packing(self) -> Packing:
        parts = [part for layer in self.plain for part in layer.parts]
        weights = [rom for part in parts for rom in part.weight_roms]
        return pack(
            [*weights, *(rom for part in parts for rom in part.roms if rom not in weights)], self.bram
        )

    @cached_property
    def _blocks(self) -> dict[Rom, int]:
        return dict(zip(self._packing.roms, self._packing.blocks, strict=True))

    @property
    def weight_blocks(self) -> list[int]:
        """The blocks that the weights of each layer take."""
        return [sum(self._blocks[rom] for part in c.parts for rom in part.weight_roms) for c in self.plain]

    @property
    def rom_blocks(self) -> list[int]:
        """The blocks that all ROMs of each layer take."""
        return [sum(self._blocks[rom] for part in c.parts for rom in part.roms) for c in self.plain]

    @cached_property
    def layers(self) -> list[Components]:
        """The components that store their ROMs so."""
        pieces = dict(zip(self._packing.roms, self._packing.pieces, strict=True))

        def stored(part: StreamComponent) -> StreamComponent:
            own = [pieces[rom] for rom in part.roms]
            return part.laid_out(own) if any(own) else part

        return [layer.mapped(stored) for layer in self.plain]


def pack(roms: Sequence[Rom], bram: BlockRam) -> Packing:
    """Where all ``roms`` of style "block" lie, in as few blocks of ``bram`` as can be."""
    pieces = [_pieces(rom, bram.shapes) if rom.style == "block" and rom.bits else [] for rom in roms]
    placed = [
        _Placed(number, piece)
        for number, rom in enumerate(roms)
        for piece in pieces[number]
        if rom.varies(piece)
    ]
    return Packing(roms, pieces, placed, pair([one.extent for one in placed], _two_port_shapes(bram)))


def _pieces(rom: Rom, shapes: tuple[MemoryShape, ...]) -> list[RomPiece]:
    depth = len(rom.words)
    return [
        RomPiece(group.column, group.width, first, min(group.stride, depth - first), group.stride)
        for group in cut(rom.columns.count, depth, shapes)
        for first in range(0, depth, group.stride)
    ]


def _two_port_shapes(bram: BlockRam) -> tuple[MemoryShape, ...]:
    widest = two_port_width(bram.kind)
    return tuple(shape for shape in bram.shapes if shape[0] <= widest)


def pair(pieces: Sequence[MemoryShape], shapes: tuple[MemoryShape, ...]) -> list[Pair]:
    """Pairs of ``pieces`` (width, depth) that fit one block of ``shapes`` together.

    First fit decreasing: from the deepest piece on, each takes as partner the deepest one before it that
    leaves room. No pairing has more pairs if all pieces want the same shape.
    """
    order = sorted(range(len(pieces)), key=lambda index: (-pieces[index][1], -pieces[index][0], index))
    least = min((w for w, _ in pieces), default=0), min((d for _, d in pieces), default=0)
    pairs: list[Pair] = []
    alone: list[int] = []
    for index in order:
        if not _words(pieces[index], least, shapes):
            continue  # most pieces leave no room for any other
        partner = next((other for other in alone if _words(pieces[other], pieces[index], shapes)), None)
        if partner is None:
            alone.append(index)
        else:
            alone.remove(partner)
            pairs.append(Pair(partner, index, _words(pieces[partner], pieces[index], shapes)))
    return pairs


def _words(a: MemoryShape, b: MemoryShape, shapes: tuple[MemoryShape, ...]) -> int:
    """How many words, a power of two, a memory for both has; 0 if no block is large enough. Two halves of
    equal size, if they fit, need no logic at their addresses."""
    halves = 2 << (max(a[1], b[1]) - 1).bit_length()
    tight = 1 << (a[1] + b[1] - 1).bit_length()
    deepest = max((depth for width, depth in shapes if width >= max(a[0], b[0])), default=0)
    return next((words for words in (halves, tight) if words <= deepest), 0)
