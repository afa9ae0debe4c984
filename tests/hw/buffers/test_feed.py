"""VectorFeed: every style sends the same frames, and figures for the schedule are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.beats import beat_count, from_beats, to_beats
from bnngen_hw.buffers.feed import VectorFeed
from bnngen_hw.encoding import Encoding
from bnngen_hw.memories import FeedStyle

SHAPES = st.tuples(
    st.integers(1, 25), st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)
)
STYLES = st.sampled_from(["registers", "block", "distributed"])


@settings(max_examples=30, deadline=None)
@given(
    shape=SHAPES,
    style=STYLES,
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_frames(
    shape: tuple[int, int, int, int, int], style: FeedStyle, gap: float, stall: float, seed: int
) -> None:
    elements, bits, i_lanes, o_lanes, repeats = shape
    encoding = Encoding("unsigned", bits)
    frames = np.random.default_rng(seed).integers(0, 1 << bits, (3, elements))
    sent = to_beats(frames, encoding, i_lanes)
    expected = 3 * repeats * beat_count(elements, o_lanes)
    seen = bench(VectorFeed(*shape, style)).run(sent, expected, gap=gap, stall=stall, seed=seed)
    assert np.array_equal(
        from_beats(seen.outputs, elements, encoding, o_lanes), frames.repeat(repeats, axis=0)
    )


@settings(max_examples=50, deadline=None)
@given(data=st.data(), shape=SHAPES, style=STYLES)
def test_timing(data: st.DataObject, shape: tuple[int, int, int, int, int], style: FeedStyle) -> None:
    elements, _, i_lanes, o_lanes, repeats = shape
    n, expected = beat_count(elements, i_lanes), repeats * beat_count(elements, o_lanes)
    times = data.draw(st.lists(st.integers(0, 2 * n), min_size=n, max_size=n))
    bench(VectorFeed(*shape, style)).check_arrivals([0] * n, expected, times)
    bench(VectorFeed(*shape, style)).check_interval([0] * n, expected, frames=9)


def test_storage_figures() -> None:
    assert VectorFeed(784, 1, 8, 13, repeats=4).storage_bits == 784 + 61 * 13
    assert VectorFeed(784, 1, 8, 13, repeats=4).ram_bits == 0
    in_ram = VectorFeed(784, 1, 8, 13, repeats=4, style="block")
    assert (in_ram.storage_bits, in_ram.ram_bits) == (2 * 104, (64 + 61) * 13)


def test_unknown_style_is_refused() -> None:
    style: Any = "ram"
    with pytest.raises(ValueError, match=r"feed style must be .* not 'ram'"):
        VectorFeed(4, 1, 2, 2, style=style)
