"""How many LUTs and flip-flops a layer takes, before synthesis: counted structure, fitted prices.

What a layer is made of is known exactly from its folding (`Structure`). What synthesis makes of each kind of
structure is measured: each device family has a price for each kind, fitted to yosys by
``tests/benchmarks/calibrate_luts.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import add, attrgetter, mul
from typing import Any

import numpy as np

from bnngen_boards import families


@dataclass(frozen=True)
class Structure:
    """The parts of a layer that cost LUTs: numbers, or arrays of those of many layers.

    ``xnor_counters``, ``and_counters``: LUTs of the compressor trees as planned, of bipolar and of other
    weights. ``adders``: bits of carry chains behind them. ``choices``: bits of two-way multiplexers at the
    accumulators. ``comparisons``: bits of comparators. ``tables``: LUTs of thresholds, start values and
    weights in logic, as `logic_rom_luts` counts them. ``rom_choices``: bits of two-way multiplexers behind
    block RAMs. ``queue``: bits of the queue behind the engine; where LUTs can be memory, bits of its words.
    ``rotating``: bits of registers that take a vector apart. ``slices``: bits of a beat at the accelerator's
    ports. ``control``: bits of counters. ``engines``, ``buffers``: 1 for each engine and for each vector
    buffer in RAM.
    """

    xnor_counters: Any = 0
    and_counters: Any = 0
    adders: Any = 0
    choices: Any = 0
    comparisons: Any = 0
    tables: Any = 0
    rom_choices: Any = 0
    queue: Any = 0
    rotating: Any = 0
    slices: Any = 0
    control: Any = 0
    engines: Any = 0
    buffers: Any = 0

    @classmethod
    def stacked(cls, structures: Sequence[Structure]) -> Structure:
        """Those of some layers in arrays."""
        return cls(*np.array(list(map(_counts, structures))).reshape(len(structures), -1).T)

    def __add__(self, other: Structure) -> Structure:
        return Structure(*map(add, _counts(self), _counts(other)))


_counts = attrgetter(*(kind.name for kind in fields(Structure)))
"""The numbers of a `Structure`: `dataclasses.astuple` would copy each one deeply."""


@cache
def _price_list(family: str) -> tuple[float, ...]:
    """The prices in the order of a structure's fields."""
    prices = families.family(family).prices
    return tuple(prices[kind.name] for kind in fields(Structure))


def luts(structure: Structure, family: str) -> Any:
    """LUTs of the structure, a whole number; an array of them for one of arrays."""
    total: Any = sum(map(mul, _counts(structure), _price_list(family)))
    return np.rint(total).astype(np.int64) if isinstance(total, np.ndarray) else round(total)
