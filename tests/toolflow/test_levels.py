"""LUT levels of small netlists that are drawn by hand, and of a real one."""

from __future__ import annotations

from typing import Any

import pytest

from bnngen.toolflow.levels import lut_levels
from bnngen_boards.families import FAMILIES
from bnngen_boards.families.ice40 import ICE40
from bnngen_boards.families.xc7 import XC7

INPUTS = {"I0", "I1", "I", "A", "A0", "C0", "D", "S", "DI", "CI", "CIN", "RAD", "WAD", "ADDRA", "DIA", "C"}
Cell = tuple[str, dict[str, list[Any]]]


def netlist(*cells: Cell) -> dict[str, Any]:
    """A module of (type, connections); ports are inputs or outputs by their names."""
    return {
        "cells": {
            str(index): {
                "type": kind,
                "connections": connections,
                "port_directions": {port: "input" if port in INPUTS else "output" for port in connections},
            }
            for index, (kind, connections) in enumerate(cells)
        }
    }


LUTS = {
    "ice40": ("SB_LUT4", "I0", "O"),
    "ecp5": ("LUT4", "A", "Z"),
    "xc7": ("LUT2", "I0", "O"),
}


def between_luts(family: str, cell: tuple[str, dict[str, list[Any]]]) -> int | None:
    """The levels of a LUT, the cell from wire 4 to wire 5, and another LUT."""
    kind, into, out = LUTS[family]
    first, last = (kind, {into: [2], out: [4]}), (kind, {into: [5], out: [6]})
    return lut_levels(FAMILIES[family], netlist(first, cell, last))


def test_nothing() -> None:
    assert lut_levels(XC7, netlist()) == 0
    assert lut_levels(XC7, netlist(("FDRE", {"D": [2], "C": [3], "Q": [4]}))) == 0


def test_a_chain_ends_at_a_register() -> None:
    first: list[Cell] = [("LUT2", {"I0": [2], "I1": ["1"], "O": [4]}), ("LUT6", {"I0": [4], "O": [5]})]
    second: list[Cell] = [("FDRE", {"D": [5], "C": [3], "Q": [6]}), ("LUT1", {"I0": [6], "O": [7]})]
    assert lut_levels(XC7, netlist(*first, *second)) == 2
    assert lut_levels(XC7, netlist(*reversed(first), *reversed(second))) == 2


def test_the_longest_way_counts() -> None:
    cells = [("SB_LUT4", {"I0": [n], "I1": [2], "O": [n + 1]}) for n in range(2, 7)]
    assert lut_levels(ICE40, netlist(*cells)) == 5


@pytest.mark.parametrize(
    ("family", "kind", "nets"),
    [
        ("xc7", "CARRY4", {"S": [4, "0"], "DI": [2, "0"], "CI": ["0"], "O": [8, 9], "CO": [10, 5]}),
        ("xc7", "MUXF7", {"I0": [4], "I1": [2], "S": [3], "O": [5]}),
        ("xc7", "INV", {"I": [4], "O": [5]}),
        ("ecp5", "INV", {"A": [4], "Z": [5]}),
        ("ecp5", "PFUMX", {"C0": [4], "Z": [5]}),
        ("ice40", "SB_CARRY", {"I0": [4], "I1": [2], "CI": [3], "CO": [5]}),
        ("ecp5", "CCU2C", {"A0": ["0"], "CIN": [4], "COUT": [5]}),
    ],
)
def test_cells_without_a_level(family: str, kind: str, nets: dict[str, list[Any]]) -> None:
    assert between_luts(family, (kind, nets)) == 2


@pytest.mark.parametrize(
    ("family", "kind", "nets"),
    [
        ("ecp5", "CCU2C", {"A0": [4], "CIN": ["0"], "COUT": [5]}),
        ("ecp5", "CCU2C", {"A0": [4], "CIN": [4], "COUT": [5]}),
        ("ecp5", "TRELLIS_DPR16X4", {"RAD": [4], "DO": [5]}),
        ("xc7", "RAM32M", {"ADDRA": [4], "DOA": [5]}),
        ("xc7", "SRL16E", {"A0": [4], "Q": [5]}),
    ],
)
def test_cells_with_luts_inside(family: str, kind: str, nets: dict[str, list[Any]]) -> None:
    assert between_luts(family, (kind, nets)) == 3


@pytest.mark.parametrize(
    ("family", "kind", "nets"),
    [
        ("ecp5", "DP16KD", {"A": [4], "DO": [5]}),
        ("ecp5", "TRELLIS_DPR16X4", {"WAD": [4], "D": [4], "DO": [5]}),
        ("xc7", "RAM32M", {"DIA": [4], "DOA": [5]}),
        ("ice40", "SB_RAM40_4K", {"A": [4], "DO": [5]}),
    ],
)
def test_cells_that_end_a_way(family: str, kind: str, nets: dict[str, list[Any]]) -> None:
    assert between_luts(family, (kind, nets)) == 1


def test_a_loop_has_no_answer() -> None:
    loop = [("LUT2", {"I0": [2], "O": [4]}), ("LUT2", {"I0": [4], "O": [2]})]
    assert lut_levels(XC7, netlist(*loop)) is None
