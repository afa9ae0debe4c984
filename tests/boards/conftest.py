"""A user's own board, as text that tests can change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

OWN_BOARD = """\
name = "mine"
title = "A board of my own"
family = "ice40"
device = "iCE40HX8K"
package = "CT256"

[pins]
clock = "J3"
uart_rx = "B10"
uart_tx = "B12"
led = "B5"
attributes = { IO_STANDARD = "SB_LVCMOS" }

[resources]
lut = 7680
ff = 7680
dsp = 0
lutram_bits = 0

[resources.bram]
kind = "SB_RAM40_4K"
blocks = 32
bits = 4096
shapes = [[16, 256]]

[fabric]
levels_per_stage = 2
routable_lut = 5280

[clock]
input_mhz = 12
default_mhz = 48
pll = "SB_PLL40_PAD"

[uart]
baud = 1000000
buffer_bytes = 512
"""


@pytest.fixture
def own_board(tmp_path: Path) -> Callable[..., Path]:
    """Writes the profile, with ``old`` replaced by ``new`` (which must change it), and returns its path."""

    def write(old: str = "", new: str = "") -> Path:
        text = OWN_BOARD.replace(old, new, 1) if old else OWN_BOARD
        assert (text == OWN_BOARD) == (not old)
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
