"""The ways to build one layer, and which of them are worth considering."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bnngen.schedule.folding import Folding
from bnngen.schedule.resources import Resources
from bnngen_hw.feed import FeedStyle
from bnngen_hw.rom import RomStyle


@dataclass(frozen=True)
class Option:
    """One way to build a layer: its folding, where its weights, its inputs and its tables of thresholds lie,
    cycles and cost.

    ``rom_blocks`` of the memory blocks are the most that its weights and its tables can take.
    """

    folding: Folding
    rom_style: RomStyle
    feed_style: FeedStyle
    cycles: int
    resources: Resources
    rom_blocks: int = 0
    table_style: RomStyle = "logic"


def pareto(options: Iterable[Option]) -> list[Option]:
    """The options that no other equals or beats in cycles, LUTs and memory blocks at once, fastest first."""
    kept: list[Option] = []
    least_lut: dict[int, int] = {}
    for option in sorted(options, key=_merit):
        cost = option.resources
        if all(lut > cost.lut for bram, lut in least_lut.items() if bram <= cost.bram):
            kept.append(option)
            least_lut[cost.bram] = cost.lut
    return kept


def _merit(option: Option) -> tuple:
    cost, styles = option.resources, (option.rom_style, option.feed_style, option.table_style)
    return option.cycles, cost.bram, cost.lut, option.folding, styles
