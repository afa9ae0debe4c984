"""WindowColumns: every window's columns side by side, exact timing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.buffers.columns import WindowColumns

WIDTH = 3


@st.composite
def parts(draw: st.DrawFn) -> WindowColumns:
    kernel = draw(st.integers(1, 4))
    return WindowColumns(
        WIDTH,
        kernel,
        beats=draw(st.integers(1, 4)),
        columns=kernel + draw(st.integers(0, 5)),
        rows=draw(st.integers(1, 3)),
        stride=draw(st.integers(1, 3)),
        repeats=draw(st.integers(1, 3)),
        style=draw(st.sampled_from(["distributed", "block"])),
    )


def words(part: WindowColumns, seed: int = 0) -> tuple[np.ndarray, list[int]]:
    """Those of a map (rows, columns, beats), as they come: each column again and again."""
    rows = np.random.default_rng(seed).integers(0, 1 << WIDTH, (part.rows, part.columns, part.beats))
    return rows, np.repeat(rows[:, :, None], part.repeats, axis=2).ravel().tolist()


def wanted(part: WindowColumns, rows: np.ndarray) -> list[int]:
    out = []
    for row in rows:
        for first in range(0, part.columns - part.kernel + 1, part.stride):
            window = row[first : first + part.kernel]
            vector = [sum(int(c) << (WIDTH * k) for k, c in enumerate(beat)) for beat in window.T]
            out += vector * part.repeats
    return out


@settings(max_examples=100, deadline=None)
@given(
    part=parts(), gap=st.sampled_from([0.0, 0.5]), stall=st.sampled_from([0.0, 0.6]), seed=st.integers(0, 99)
)
def test_against_numpy(part: WindowColumns, gap: float, stall: float, seed: int) -> None:
    (first, one), (second, two) = words(part, seed), words(part, seed + 100)
    expected = wanted(part, first) + wanted(part, second)
    assert bench(part).run(one + two, len(expected), gap=gap, stall=stall, seed=seed).outputs == expected


@settings(max_examples=40, deadline=None)
@given(part=parts(), data=st.data())
def test_timing(part: WindowColumns, data: st.DataObject) -> None:
    _, beats = words(part)
    expected = len(wanted(part, words(part)[0]))
    times = data.draw(st.lists(st.integers(0, 30), min_size=len(beats), max_size=len(beats)))
    bench(part).check_arrivals(beats, expected, times)
    bench(part).check_interval(beats, expected)


def test_a_row_that_is_too_short() -> None:
    with pytest.raises(ValueError, match="a window has 3 columns, and a row only 2"):
        WindowColumns(WIDTH, 3, 1, 2, 1)
