"""The models of the 7 series' block RAMs against what was synthesised into them: the same Verilog before and
after yosys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SYNTHESIS = "synth_xilinx -family xc7 -abc9 -nosrl -flatten -noiopad -noclkbuf"
QUICK = [
    *((width, words, "ram") for width, words in ((36, 512), (9, 2048), (4, 4096), (2, 8192), (1, 16384))),
    *((18, 1024, kind) for kind in ("one", "two", "bytes", "reset", "old", "new", "hold", "wide", "burst")),
    *((36, 1024, kind) for kind in ("two", "bytes", "old", "new", "hold")),
    (72, 512, "reset"),
    (72, 512, "bytes"),
    (9, 1024, "wide"),
    (9, 1024, "burst"),
    (1, 4096, "old"),
]
"""Every width of a port, every mode of writing, both kinds of memory."""
MORE = [
    *((width, words, "ram") for width, words in ((18, 2048), (9, 4096), (4, 8192), (2, 16384), (1, 32768))),
    *((width, words, "two") for width, words in ((9, 2048), (4, 4096), (2, 8192), (1, 32768))),
    *((1, 16384, kind) for kind in ("new", "hold", "wide", "burst")),
    (20, 300, "one"),
    (2, 900, "one"),
    (1, 65536, "ram"),
    (1, 65536, "two"),
]
"""Other sizes, and pairs that are one memory."""


def test_every_width_and_mode(synthesize: Callable[..., Any]) -> None:
    result = synthesize("xc7", SYNTHESIS, *QUICK)
    assert result.values("RAM_MODE") == {"SDP", "TDP"}
    for access in ("READ", "WRITE"):
        assert result.values(f"{access}_WIDTH_[AB]") == {"0", "1", "2", "4", "9", "18", "36", "72"}
    assert result.values("WRITE_MODE_[AB]") == {"READ_FIRST", "WRITE_FIRST", "NO_CHANGE"}
    assert result.after == result.before
    assert len(set(result.after)) > len(result.after) / 2


@pytest.mark.slow
def test_more_sizes(synthesize: Callable[..., Any]) -> None:
    result = synthesize("xc7", SYNTHESIS, *MORE)
    assert result.values("RAM_EXTENSION_[AB]") == {"NONE", "UPPER", "LOWER"}
    assert result.after == result.before
    assert len(set(result.after)) > len(result.after) / 2
