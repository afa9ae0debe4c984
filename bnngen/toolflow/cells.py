"""Counting a netlist's cells in the units of a board's resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CellCounts:
    """Resources of a netlist: ``lut`` LUTs of the device, ``ff`` flip-flops, ``bram`` memory blocks of the
    board's kind, ``dsp`` blocks, ``carry`` carry cells (already in ``lut`` as far as they take its places),
    ``spram`` single-port memories.
    """

    lut: int
    ff: int
    bram: int
    dsp: int
    carry: int
    spram: int = 0


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
        spram=_count(cells, "SB_SPRAM256KA"),
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


_XC7_LUT_MEMORIES = {
    "SRL16E": 1,
    "SRLC16E": 1,
    "SRLC32E": 1,
    "RAM32X1S": 1,
    "RAM64X1S": 1,
    "RAM128X1S": 2,
    "RAM256X1S": 4,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "RAM128X1D": 4,
    "RAM32M": 4,
    "RAM64M": 4,
}
"""How many LUTs each shift register and distributed memory of the 7 series is made of."""


def _xc7(cells: list[Mapping[str, Any]]) -> CellCounts:
    """LUT1 to LUT6 count one each, though two small ones with common inputs may share a place.

    INV counts nothing: vendor tools push an inverter into what it feeds. Those in front of a carry cell's
    or a flip-flop's data take a LUT there after all, about one in a hundred. Carry cells and the
    multiplexers behind LUTs stand beside them. A block memory is counted in RAMB18: a RAMB36 is two.
    """
    memories = sum(_XC7_LUT_MEMORIES.get(str(cell["type"]), 0) for cell in cells)
    return CellCounts(
        lut=_count(cells, "LUT") + memories,
        ff=_count(cells, "FD"),
        bram=_count(cells, "RAMB18") + 2 * _count(cells, "RAMB36"),
        dsp=_count(cells, "DSP48E1"),
        carry=_count(cells, "CARRY4"),
    )


def _count(cells: list[Mapping[str, Any]], prefix: str) -> int:
    return sum(str(cell["type"]).startswith(prefix) for cell in cells)


_COUNTERS: dict[str, Callable[[list[Mapping[str, Any]]], CellCounts]] = {
    "ice40": _ice40,
    "ecp5": _ecp5,
    "xc7": _xc7,
}
