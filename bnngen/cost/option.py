"""The ways to build one layer, and which of them are worth considering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding, Foldings, Integers
from bnngen.cost.resources import Resources
from bnngen_hw.memories import FeedStyle, RomStyle


class Place(NamedTuple):
    """Whether a layer is the first, which gets its beats as it wants them, and the last of the row."""

    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class Option:
    """One way to build a layer: its folding, where its weights, its inputs and its tables of thresholds lie,
    cycles and cost.

    ``rom_blocks`` of the memory blocks are the most that its weights and its tables can take, ``ring_blocks``
    what its lines or queues are thought to take. ``lanes``: the elements that it takes in a beat, if they are
    not ``simd`` of them.
    """

    folding: Folding
    rom_style: RomStyle
    feed_style: FeedStyle
    cycles: int
    resources: Resources
    rom_blocks: int = 0
    table_style: RomStyle = "logic"
    lanes: int | None = None
    ring_blocks: int = 0

    @property
    def i_lanes(self) -> int:
        """Elements that the layer takes in a beat."""
        return self.folding.simd if self.lanes is None else self.lanes


def pareto(options: Iterable[Option]) -> list[Option]:
    """The options that no other equals or beats in cycles, LUTs and memories at once, fastest first."""
    kept: list[Option] = []
    least_lut: dict[tuple[int, int], int] = {}
    for option in sorted(options, key=_merit):
        bram, spram, lut = option.resources.bram, option.resources.spram, option.resources.lut
        if all(less > lut for (b, s), less in least_lut.items() if b <= bram and s <= spram):
            kept.append(option)
            least_lut[bram, spram] = lut
    return kept


def _merit(option: Option) -> tuple[Any, ...]:
    cost, styles = option.resources, (option.rom_style, option.feed_style, option.table_style)
    return option.cycles, cost.bram, cost.spram, cost.lut, option.folding, styles


@dataclass(frozen=True, eq=False)
class OptionTable:
    """Ways to build a layer that differ in their ``foldings`` alone: what an `Option` has, in an array
    (foldings,) or as the number that all have in common."""

    foldings: Foldings
    rom_style: RomStyle
    feed_style: FeedStyle
    table_style: RomStyle
    cycles: Any
    resources: Resources
    rom_blocks: Any
    lanes: Any = None
    ring_blocks: Any = 0

    @property
    def styles(self) -> tuple[str, str, str]:
        """Where everything lies, as `pareto` orders it."""
        return self.rom_style, self.feed_style, self.table_style

    @property
    def merits(self) -> Integers:
        """(foldings, 4): cycles, memories and LUTs, as `pareto` orders them."""
        cost = self.resources
        return np.stack([self._column(n) for n in (self.cycles, cost.bram, cost.spram, cost.lut)], axis=1)

    def where(self, mask: NDArray[np.bool_]) -> OptionTable:
        """Those of the foldings for which ``mask`` (foldings,) holds."""

        def some(numbers: Any) -> Any:
            return self._column(numbers)[mask]

        cost = self.resources
        return replace(
            self,
            foldings=self.foldings.where(mask),
            cycles=some(self.cycles),
            resources=Resources(*map(some, (cost.lut, cost.ff, cost.bram, cost.dsp, cost.spram))),
            rom_blocks=some(self.rom_blocks),
            lanes=None if self.lanes is None else some(self.lanes),
            ring_blocks=some(self.ring_blocks),
        )

    def chosen(self, rows: Integers) -> Iterator[Option]:
        """The options of these rows, one by one."""
        cost, lanes = self.resources, self.foldings.simd if self.lanes is None else self.lanes
        columns = (
            *self.foldings, self.cycles, cost.lut, cost.ff, cost.bram, cost.dsp, cost.spram,
            self.rom_blocks, lanes, self.ring_blocks,
        )  # fmt: skip
        for row in zip(*(self._column(numbers)[rows].tolist() for numbers in columns), strict=True):
            pe, simd, cycles, lut, ff, bram, dsp, spram, rom_blocks, i_lanes, ring_blocks = row
            yield Option(
                Folding(pe, simd),
                self.rom_style,
                self.feed_style,
                cycles,
                Resources(lut, ff, bram, dsp, spram),
                rom_blocks,
                self.table_style,
                None if self.lanes is None else i_lanes,
                ring_blocks,
            )

    def _column(self, numbers: Any) -> Integers:
        return np.broadcast_to(numbers, self.foldings.pe.shape)


def pareto_of(tables: Sequence[OptionTable]) -> list[Option]:
    """What `pareto` makes of all of them."""
    tables = sorted(tables, key=lambda table: table.styles)
    order = _by_folding(tables)
    merits = np.concatenate([table.merits for table in tables])[order]
    return _chosen(tables, order[_undominated(merits)])


def by_folding(tables: Sequence[OptionTable]) -> list[Option]:
    """All of them, those of the smallest folding first, as the ``tables`` follow each other."""
    return _chosen(tables, _by_folding(tables))


def _by_folding(tables: Sequence[OptionTable]) -> Integers:
    """The numbers of all options in that order."""
    pe, simd = (np.concatenate(column) for column in zip(*(table.foldings for table in tables), strict=True))
    return np.lexsort((simd, pe))


def _chosen(tables: Sequence[OptionTable], numbers: Integers) -> list[Option]:
    """The options of these numbers, which count through all tables."""
    ends = np.cumsum([len(table.foldings.pe) for table in tables])
    owners = np.searchsorted(ends, numbers, side="right")
    firsts = np.append(0, ends)
    found = [iter(t.chosen(numbers[owners == k] - firsts[k])) for k, t in enumerate(tables)]
    return [next(found[owner]) for owner in owners.tolist()]


def _undominated(merits: Integers) -> Integers:
    """The numbers of the ``merits`` (options, 4) that no other equals or beats in all columns, the first
    column's least first; of equal ones the first."""
    order = np.lexsort(merits.T[::-1])
    levels = [np.unique(column, return_inverse=True)[1].ravel().tolist() for column in merits[order, 1:3].T]
    luts = merits[order, 3].tolist()
    # the fewest LUTs of those before with so few memories of both kinds
    fewest = np.full([max(level) + 1 for level in levels], np.iinfo(np.int64).max)
    kept = []
    for number, (bram, spram, lut) in enumerate(zip(*levels, luts, strict=True)):
        if lut < fewest[bram, spram]:
            kept.append(number)
            as_many = fewest[bram:, spram:]
            np.minimum(as_many, lut, out=as_many)
    return order[kept]
