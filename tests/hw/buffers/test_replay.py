"""ReplayBuffer: every frame as often as asked, without a gap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent

from bnngen_hw.buffers.replay import ReplayBuffer

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 4))
STYLES = st.sampled_from(["block", "huge"])


@settings(max_examples=25, deadline=None)
@given(
    shape=SHAPES,
    style=STYLES,
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_frames(shape: tuple[int, int], style: str, gap: float, stall: float, seed: int) -> None:
    beats, repeats = shape
    frames = np.random.default_rng(seed).integers(0, 32, (5, beats))
    wanted = np.tile(frames[:, None], (1, repeats, 1)).ravel().tolist()
    buffer = ReplayBuffer(5, beats, repeats, style)
    sent = frames.ravel().tolist()
    assert bench(buffer).run(sent, len(wanted), gap=gap, stall=stall, seed=seed).outputs == wanted


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES, style=STYLES)
def test_timing(data: st.DataObject, shape: tuple[int, int], style: str) -> None:
    beats, repeats = shape
    times = data.draw(st.lists(st.integers(0, 3 * beats), min_size=beats, max_size=beats))
    bench(ReplayBuffer(5, *shape, style)).check_arrivals([1] * beats, beats * repeats, times)
    bench(ReplayBuffer(5, *shape, style)).check_interval([1] * beats, beats * repeats)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), shape=SHAPES, style=STYLES)
def test_arrivals_of_several_frames(data: st.DataObject, shape: tuple[int, int], style: str) -> None:
    beats, repeats = shape
    pace = beats * repeats  # so that there is always a bank for the next frame
    pauses = data.draw(st.lists(st.integers(0, 3), min_size=3, max_size=3))
    starts = np.cumsum([pace + pause for pause in pauses])
    times = (starts[:, None] + np.arange(beats)).ravel().tolist()
    bench(ReplayBuffer(5, *shape, style)).check_arrivals([1] * len(times), 3 * beats * repeats, times)


def test_no_bubble_between_passes_and_frames() -> None:
    given = bench(ReplayBuffer(5, 3, 4)).run([1] * 15, 60).given
    assert given == list(range(given[0], given[0] + 60))


@pytest.mark.parametrize("style", ["block", "huge"])
def test_ready_is_registered(style: str) -> None:
    ready_is_independent(ReplayBuffer(5, 3, 2, style))


def test_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match=r"memory style must be .* not 'tiny'"):
        ReplayBuffer(5, 3, 2, style="tiny")
