"""WidthConverter: frames come out as they went in, on other lanes, in exactly the cycles promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.beats import from_beats, to_beats
from bnngen_hw.encoding import Encoding
from bnngen_hw.streams.width import WidthConverter

SHAPES = st.tuples(st.integers(1, 25), st.integers(1, 2), st.integers(1, 9), st.integers(1, 9))


@settings(max_examples=40, deadline=None)
@given(
    shape=SHAPES,
    repeats=st.integers(1, 3),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_frames(shape: tuple[int, int, int, int], repeats: int, gap: float, stall: float, seed: int) -> None:
    elements, bits, i_lanes, o_lanes = shape
    encoding = Encoding("unsigned", bits)
    frames = np.random.default_rng(seed).integers(0, 1 << bits, (3, elements))
    converter = WidthConverter(elements, bits, i_lanes, o_lanes, repeats)
    sent = to_beats(frames, encoding, i_lanes)
    seen = bench(converter).run(sent, 3 * repeats * converter.o_beats, gap=gap, stall=stall, seed=seed)
    assert np.array_equal(
        from_beats(seen.outputs, elements, encoding, o_lanes), frames.repeat(repeats, axis=0)
    )


@settings(max_examples=40, deadline=None)
@given(data=st.data(), shape=SHAPES, repeats=st.integers(1, 3))
def test_timing(data: st.DataObject, shape: tuple[int, int, int, int], repeats: int) -> None:
    converter = WidthConverter(*shape, repeats)
    n = converter.i_beats
    times = data.draw(st.lists(st.integers(0, 2 * n), min_size=n, max_size=n))
    bench(converter).check_arrivals([0] * n, repeats * converter.o_beats, times)
    bench(converter).check_interval([0] * n, repeats * converter.o_beats)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), shape=SHAPES, repeats=st.integers(1, 3))
def test_when_beats_are_taken(data: st.DataObject, shape: tuple[int, int, int, int], repeats: int) -> None:
    """Those of three frames."""
    converter = WidthConverter(*shape, repeats)
    n = 3 * converter.i_beats
    steps = data.draw(st.lists(st.sampled_from([0, 1, 1, 2, 7]), min_size=n, max_size=n))
    bench(converter).check_takes([0] * n, 3 * repeats * converter.o_beats, np.cumsum(steps).tolist())


@pytest.mark.parametrize(
    ("shape", "packs", "unpacks", "bits"),
    [
        ((24, 2, 4, 4), False, False, 0),
        ((24, 2, 8, 4), False, True, 16),
        ((24, 2, 4, 8), True, False, 16),
        ((24, 2, 4, 6), True, True, 48),
        ((10, 1, 4, 6), True, True, 24),
    ],
)
def test_only_the_parts_needed(
    shape: tuple[int, int, int, int], packs: bool, unpacks: bool, bits: int
) -> None:
    converter = WidthConverter(*shape)
    assert (converter.packs, converter.unpacks, converter.storage_bits) == (packs, unpacks, bits)


def test_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="must be at least 1"):
        WidthConverter(4, 1, 0, 2)
