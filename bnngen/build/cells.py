"""Counting a netlist's cells in the units of a board's resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CellCounts:
    """Resources of a netlist: ``lut`` 4-input LUT places, ``ff`` flip-flops, ``bram`` and ``dsp``
    blocks, ``carry`` carry cells (already in ``lut`` as far as they take LUT places)."""

    lut: int
    ff: int
    bram: int
    dsp: int
    carry: int


def count_cells(family: str, module: Mapping[str, Any]) -> CellCounts:
    """The counts of one flat module as yosys' ``write_json`` describes it, for a board family."""
    return _COUNTERS[family](list(module["cells"].values()))


def _ice40(cells: list[Mapping[str, Any]]) -> CellCounts:
    luts = [cell["connections"] for cell in cells if cell["type"] == "SB_LUT4"]
    carries = [cell["connections"] for cell in cells if cell["type"] == "SB_CARRY"]
    return CellCounts(
        lut=len(luts) + _lonely_carries(luts, carries),
        ff=_count(cells, "SB_DFF"),
        bram=_count(cells, "SB_RAM40_4K"),
        dsp=_count(cells, "SB_MAC16"),
        carry=len(carries),
    )


def _lonely_carries(luts: list[Mapping[str, Any]], carries: list[Mapping[str, Any]]) -> int:
    """How many carry cells find no LUT to share a logic cell with.

    They share if the LUT's inputs 1 and 2 are the carry's, and its input 3 is the carry that comes in:
    an adder's bit. A comparator's bits have no such LUT.
    """
    free: dict[tuple[object, ...], int] = {}
    for lut in luts:
        key = (*lut["I1"], *lut["I2"], *lut["I3"])
        free[key] = free.get(key, 0) + 1
    lonely = 0
    for carry in carries:
        key = (*carry["I0"], *carry["I1"], *carry["CI"])
        if free.get(key, 0):
            free[key] -= 1
        else:
            lonely += 1
    return lonely


def _ecp5(cells: list[Mapping[str, Any]]) -> CellCounts:
    carry = _count(cells, "CCU2C")
    # an adder cell is two LUTs; a 16 x 4 memory is four, and its write port takes the place of two more
    lut = _count(cells, "LUT4") + 2 * carry + 6 * _count(cells, "TRELLIS_DPR16X4")
    return CellCounts(
        lut=lut,
        ff=_count(cells, "TRELLIS_FF"),
        bram=_count(cells, "DP16KD"),
        dsp=_count(cells, "MULT18X18D"),
        carry=carry,
    )


def _count(cells: list[Mapping[str, Any]], prefix: str) -> int:
    return sum(str(cell["type"]).startswith(prefix) for cell in cells)


_COUNTERS: dict[str, Callable[[list[Mapping[str, Any]]], CellCounts]] = {"ice40": _ice40, "ecp5": _ecp5}
