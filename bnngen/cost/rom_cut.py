"""Cuts a read-only memory into pieces, each of which is exactly one block RAM."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

MemoryShape = tuple[int, int]
"""Width and depth that one block RAM can take."""
KEPT = 1 << 16
"""So many costs are remembered: a search for a network asks for thousands with each candidate."""


class RomCost(NamedTuple):
    """Block RAMs, and the two-way multiplexers (one a bit) that join pieces of the same columns: of a ROM, or
    in arrays of many."""

    blocks: Any
    choices: Any


class Columns(NamedTuple):
    """``width`` columns from ``column`` on, in one block for every ``stride`` words, the last one partly
    filled. ``stride`` is a power of two."""

    column: int
    width: int
    stride: int


class _Groups(NamedTuple):
    """``number`` groups of at most ``width`` columns, each in ``parts`` blocks of ``stride`` words."""

    parts: int
    width: int
    stride: int
    number: int


def cut(width: int, depth: int, shapes: tuple[MemoryShape, ...]) -> Iterator[Columns]:
    """``width`` columns of ``depth`` words in the fewest blocks, with the fewest multiplexers among these.

    Columns may take different shapes: 20 columns of 600 words are 16 in three 16 x 256 and 4 in a 4 x 1024.
    """
    column = 0
    for groups in _groups(width, _by_density(depth, shapes)):
        for _ in range(groups.number):
            taken = min(groups.width, width - column)
            yield Columns(column, taken, groups.stride)
            column += taken


@lru_cache(KEPT)
def rom_cost(width: int, depth: int, shapes: tuple[MemoryShape, ...]) -> RomCost:
    """The most that a ROM of ``depth`` words of ``width`` bits can take.

    Equal columns are stored once and constant ones not at all, so few words have few columns.
    """
    stored = min(width, 2**depth - 2) if depth < width.bit_length() else width
    return _cost(_groups(stored, _by_density(depth, shapes)), stored)


def rom_costs(widths: Any, depths: Any, shapes: tuple[MemoryShape, ...]) -> RomCost:
    """The same of arrays of widths and depths: arrays."""
    costs = [rom_cost(*rom, shapes) for rom in zip(widths.tolist(), depths.tolist(), strict=True)]
    return RomCost(np.array([c.blocks for c in costs], int), np.array([c.choices for c in costs], int))


def _cost(groups: tuple[_Groups, ...], width: int) -> RomCost:
    blocks, choices = 0, 0
    for parts, wide, _, count in groups:
        columns = min(width, wide * count)
        blocks, choices, width = blocks + parts * count, choices + columns * (parts - 1), width - columns
    return RomCost(blocks, choices)


@cache
def _by_density(depth: int, shapes: tuple[MemoryShape, ...]) -> tuple[_Groups, ...]:
    """The shapes as one group each, the one that holds the most columns a block first; none of those behind
    it that are wider."""
    groups = [_Groups(-(-depth // deep), wide, deep, 1) for wide, deep in shapes]
    groups.sort(key=lambda g: (g.parts / g.width, g.parts))
    return tuple(g for index, g in enumerate(groups) if all(g.width < h.width for h in groups[:index]))


def _groups(width: int, shapes: tuple[_Groups, ...]) -> tuple[_Groups, ...]:
    """The best groups for ``width`` columns: as many as are full of the first shape, the rest as it fits."""
    if not width or not shapes:
        return ()
    count, rest = divmod(width, shapes[0].width)
    full = (shapes[0]._replace(number=count),) if count else ()
    return full + _last_groups(rest, shapes) if rest else full


@cache
def _last_groups(rest: int, shapes: tuple[_Groups, ...]) -> tuple[_Groups, ...]:
    """The best ones for fewer columns than the first shape has."""
    one_more = [(shape,) for shape in shapes if shape.width >= rest]
    narrower = [_groups(rest, shapes[1:])] if len(shapes) > 1 else []
    return min((*one_more, *narrower), key=lambda groups: _cost(groups, rest))
