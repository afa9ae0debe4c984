"""A user's own board, as text that tests can change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
lut_inputs = 4
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


NETLIST_BOARD = """\
name = "mine"
title = "A board that is synthesised only"
family = "xc7"
device = "xc7a35t"
package = "cpg236"

[resources]
lut = 20800
ff = 41600
dsp = 90
lutram_bits = 64

[resources.bram]
kind = "RAMB18"
blocks = 100
bits = 18432
shapes = [[36, 512]]

[fabric]
lut_inputs = 6
levels_per_stage = 2
routable_lut = 20800

[clock]
default_mhz = 100
"""


@pytest.fixture
def own_board(tmp_path: Path) -> Callable[..., Path]:
    """Writes the profile, with ``old`` replaced by ``new`` (which must change it), and returns its path."""
    return partial(_write, tmp_path, OWN_BOARD)


@pytest.fixture
def netlist_board(tmp_path: Path) -> Callable[..., Path]:
    """The same for a board that is synthesised only."""
    return partial(_write, tmp_path, NETLIST_BOARD)


def _write(folder: Path, profile: str, old: str = "", new: str = "") -> Path:
    text = profile.replace(old, new, 1) if old else profile
    assert (text == profile) == (not old)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path
