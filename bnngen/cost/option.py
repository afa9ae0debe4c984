"""The ways to build one layer, and which of them are worth considering."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bnngen.cost.folding import Folding
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


def _merit(option: Option) -> tuple:
    cost, styles = option.resources, (option.rom_style, option.feed_style, option.table_style)
    return option.cycles, cost.bram, cost.spram, cost.lut, option.folding, styles
