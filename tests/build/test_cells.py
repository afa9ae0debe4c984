"""Counting cells in the units of a board's resources."""

from __future__ import annotations

from bnngen.build.cells import CellCounts, count_cells


def cell(kind: str, **pins: int) -> dict[str, object]:
    return {"type": kind, "connections": {name: [net] for name, net in pins.items()}}


def module(*cells: dict[str, object]) -> dict[str, object]:
    return {"cells": {str(n): cell for n, cell in enumerate(cells)}}


def test_ice40_kinds():
    kinds = ["SB_DFF", "SB_DFFESR", "SB_RAM40_4K", "SB_RAM40_4KNR", "SB_MAC16", "SB_PLL40_PAD", "SB_IO"]
    lut = cell("SB_LUT4", I0=1, I1=2, I2=3, I3=4)
    counts = count_cells("ice40", module(lut, *(cell(kind) for kind in kinds)))
    assert counts == CellCounts(lut=1, ff=2, bram=2, dsp=1, carry=0)


def test_ice40_adder_bits_share_and_comparator_bits_do_not():
    sum_bit = cell("SB_LUT4", I0=9, I1=2, I2=3, I3=4)
    own_carry = cell("SB_CARRY", I0=2, I1=3, CI=4)
    other = cell("SB_CARRY", I0=2, I1=3, CI=5)
    assert count_cells("ice40", module(sum_bit, own_carry)).lut == 1
    assert count_cells("ice40", module(sum_bit, other)).lut == 2
    counts = count_cells("ice40", module(sum_bit, own_carry, own_carry))
    assert (counts.lut, counts.carry) == (2, 2)


def test_ecp5():
    kinds = [
        "LUT4",
        "LUT4",
        "CCU2C",
        "TRELLIS_DPR16X4",
        "TRELLIS_FF",
        "DP16KD",
        "MULT18X18D",
        "PFUMX",
        "EHXPLLL",
    ]
    assert count_cells("ecp5", module(*map(cell, kinds))) == CellCounts(lut=10, ff=1, bram=1, dsp=1, carry=1)
