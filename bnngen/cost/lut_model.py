"""How many LUTs and flip-flops a layer takes, before synthesis: counted structure, fitted prices.

What a layer is made of is known exactly from its folding (`Structure`). What synthesis makes of each kind of
structure is measured: each device family has a price for each kind, fitted to yosys by
``tests/benchmarks/calibrate_luts.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from operator import add, attrgetter, mul

from bnngen_boards import families


@dataclass(frozen=True)
class Structure:
    """The parts of a layer that cost LUTs.

    ``xnor_counters``, ``and_counters``: LUTs of the compressor trees as planned, of bipolar and of other
    weights. ``adders``: bits of carry chains behind them. ``choices``: bits of two-way multiplexers at the
    accumulators. ``comparisons``: bits of comparators. ``tables``: LUTs of thresholds, start values and
    weights in logic, as `logic_rom_luts` counts them. ``rom_choices``: bits of two-way multiplexers behind
    block RAMs. ``queue``: bits of the queue behind the engine; where LUTs can be memory, bits of its words.
    ``rotating``: bits of registers that take a vector apart. ``slices``: bits of a beat at the accelerator's
    ports. ``control``: bits of counters. ``engines``, ``buffers``: 1 for each engine and for each vector
    buffer in RAM.
    """

    xnor_counters: float = 0
    and_counters: float = 0
    adders: float = 0
    choices: float = 0
    comparisons: float = 0
    tables: float = 0
    rom_choices: float = 0
    queue: float = 0
    rotating: float = 0
    slices: float = 0
    control: float = 0
    engines: float = 0
    buffers: float = 0

    def __add__(self, other: Structure) -> Structure:
        return Structure(*map(add, _counts(self), _counts(other)))


_counts = attrgetter(*(kind.name for kind in fields(Structure)))
"""The numbers of a `Structure`: `dataclasses.astuple` would copy each one deeply."""


@cache
def _price_list(family: str) -> tuple[float, ...]:
    """The prices in the order of a structure's fields."""
    prices = families.family(family).prices
    return tuple(prices[kind.name] for kind in fields(Structure))


def luts(structure: Structure, family: str) -> int:
    """LUTs of the structure."""
    total: float = sum(map(mul, _counts(structure), _price_list(family)))
    return round(total)
