"""Counting a netlist's cells in the units of a board's resources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any

Cell = Mapping[str, Any]
"""One cell as yosys' ``write_json`` describes it."""


@dataclass(frozen=True)
class CellCounts:
    """Resources of a netlist: ``lut`` LUTs of the device, ``ff`` flip-flops, ``bram`` memory blocks of the
    board's kind, ``dsp`` blocks, ``carry`` carry cells (already in ``lut`` as far as they take its places),
    ``spram`` single-port memories.
    """

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    carry: int = 0
    spram: int = 0

    def __add__(self, other: CellCounts) -> CellCounts:
        return CellCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: int) -> CellCounts:
        return CellCounts(*(number * times for number in astuple(self)))


def count(cells: Iterable[Cell], one: Mapping[str, CellCounts]) -> CellCounts:
    """The resources of all ``cells``; ``one`` says what a cell takes whose type a pattern matches."""
    found = CellCounts()
    for kind, times in Counter(str(cell["type"]) for cell in cells).items():
        matching = (counts for pattern, counts in one.items() if re.fullmatch(pattern, kind))
        found += next(matching, CellCounts()) * times
    return found
