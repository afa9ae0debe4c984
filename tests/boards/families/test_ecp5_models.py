"""The model of the ECP5's block RAM against what was synthesised into it: the same Verilog before and after yosys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MEMORIES = [
    (36, 512, "ram"),
    (20, 300, "ram"),
    (18, 1024, "two"),
    (9, 2048, "two"),
    (4, 4096, "one"),
    (2, 900, "one"),
    (2, 8192, "two"),
    (1, 16384, "one"),
]


def test_every_width(synthesize: Callable[..., Any]) -> None:
    result = synthesize("ecp5", "synth_ecp5", *MEMORIES)
    assert result.values("DATA_WIDTH_[AB]") == {"1", "2", "4", "9", "18", "36"}
    assert result.after == result.before
    assert len(set(result.after)) > len(result.after) / 2
