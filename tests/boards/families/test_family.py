"""What is asked of a family."""

from __future__ import annotations

from dataclasses import replace

from bnngen_boards.families.cell_counts import CellCounts
from bnngen_boards.families.xc7 import XC7
from tests.boards.families.netlists import cell, module

MINE = replace(
    XC7,
    synthesis="synth_mine",
    device_options={"small": " -s"},
    fastest_mhz={"Small": 10.0, "big": 20.0},
    more_luts=lambda cells: len(cells),
)


def test_devices_may_add_options() -> None:
    assert MINE.synthesis_command("small_1") == "synth_mine -s"
    assert MINE.synthesis_command("big") == "synth_mine"


def test_the_fastest_clock_is_known_by_how_the_device_begins() -> None:
    assert [MINE.fastest(device) for device in ("small_1", "BIG", "other")] == [10, 20, None]


def test_what_cells_take_beyond_their_own() -> None:
    assert MINE.count(module(cell("LUT6"), cell("INV"))) == CellCounts(lut=1 + 2)
    assert replace(MINE, more_luts=XC7.more_luts).count(module(cell("LUT6"))) == CellCounts(lut=1)
