"""Counting cells by patterns of their types."""

from __future__ import annotations

from bnngen_boards.families.cell_counts import CellCounts, count


def test_sums_and_multiples() -> None:
    assert CellCounts(lut=1, ff=2) + CellCounts(lut=3, spram=1) == CellCounts(lut=4, ff=2, spram=1)
    assert CellCounts(lut=1, dsp=2, carry=3) * 4 == CellCounts(lut=4, dsp=8, carry=12)


def test_patterns_match_whole_types() -> None:
    one = {"A|B": CellCounts(lut=2), "C.*": CellCounts(ff=1)}
    cells = [{"type": kind} for kind in ("A", "B", "B", "BB", "xC", "C", "CC", "D")]
    assert count(cells, one) == CellCounts(lut=6, ff=2)
