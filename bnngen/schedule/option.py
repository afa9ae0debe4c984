"""The ways to build one layer, and which of them are worth considering."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bnngen.schedule.folding import Folding
from bnngen.schedule.resources import Resources


@dataclass(frozen=True)
class Option:
    """One way to build a layer: its folding, where its weights and its inputs lie, cycles and cost."""

    folding: Folding
    rom_style: Literal["block", "logic"]
    feed_style: Literal["registers", "block"]
    cycles: int
    resources: Resources


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
    cost = option.resources
    return option.cycles, cost.bram, cost.lut, option.folding, option.rom_style, option.feed_style
