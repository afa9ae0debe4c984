"""SlidingWindow against windows cut out with numpy, over every kind of window, gaps and backpressure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent

from bnngen_hw.buffers.window import SlidingWindow
from bnngen_hw.buffers.window_plan import WindowPlan
from bnngen_hw.memories import ring_depth

WIDTH = 5
PAD = 19


@st.composite
def plans(draw: st.DrawFn) -> WindowPlan:
    """Any window that fits a small map: strides beyond the kernel, padding beyond the map, holes."""
    axes = []
    for _ in range(2):
        length, taps, hole = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        first, last = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        reach = (taps - 1) * hole + 1
        last += max(0, reach - length - first - last)
        axes.append((length, taps, draw(st.integers(1, 3)), hole, first, last))
    size, kernel, strides, dilations, before, after = zip(*axes, strict=True)
    words, repeats = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    groups = draw(st.sampled_from([g for g in range(1, words + 1) if words % g == 0]))
    rows = draw(st.sampled_from([1, 1, 2, 3]))
    spread = groups == 1 and draw(st.booleans())
    words *= rows if spread else 1
    return WindowPlan(size, words, kernel, strides, dilations, before, after, repeats, groups, rows, spread)


@st.composite
def windows(draw: st.DrawFn) -> SlidingWindow:
    plan = draw(plans())
    extra = draw(st.sampled_from([0, 0, 1, 2, 7, plan.map_words]))
    return SlidingWindow(plan, WIDTH, plan.least_capacity + extra, PAD, mark=draw(st.booleans()))


def expected(window: SlidingWindow, maps: np.ndarray) -> list[int]:
    """The words of all windows of the maps (n, rows, columns, words), each with its mark."""
    plan, out = window.plan, []
    for frame in maps:
        for y in range(plan.outputs[0]):
            for x in range(plan.outputs[1]):
                words = np.arange(plan.words)
                if plan.spread:
                    words = np.split(words, plan.row_repeats)[y % plan.row_repeats]
                for group in np.split(words, plan.groups):
                    out += plan.repeats * _one(window, frame, y // plan.row_repeats, x, group)
    return out


def _one(window: SlidingWindow, frame: np.ndarray, y: int, x: int, words: np.ndarray) -> list[int]:
    plan, seen = window.plan, []
    for ky in range(plan.kernel[0]):
        for kx in range(plan.kernel[1]):
            at = [
                p * s - b + k * d
                for p, s, b, k, d in zip(
                    (y, x), plan.strides, plan.before, (ky, kx), plan.dilations, strict=True
                )
            ]
            inside = all(0 <= a < n for a, n in zip(at, plan.size, strict=True))
            for word in words:
                value = int(frame[at[0], at[1], word]) if inside else PAD
                seen.append(value | (inside << WIDTH if window.mark else 0))
    return seen


def random_maps(plan: WindowPlan, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << WIDTH, (count, *plan.size, plan.words))


@settings(max_examples=150, deadline=None)
@given(
    window=windows(),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_against_numpy(window: SlidingWindow, gap: float, stall: float, seed: int) -> None:
    maps = random_maps(window.plan, 3, seed)
    wanted = expected(window, maps)
    seen = bench(window).run(maps.ravel().tolist(), len(wanted), gap=gap, stall=stall, seed=seed)
    assert seen.outputs == wanted


@settings(max_examples=60, deadline=None)
@given(window=windows(), data=st.data())
def test_timing(window: SlidingWindow, data: st.DataObject) -> None:
    words = window.plan.map_words
    beats = window.plan.positions * window.plan.window_beats
    times = data.draw(st.lists(st.integers(0, 3 * words), min_size=words, max_size=words))
    bench(window).check_arrivals([1] * words, beats, times)
    bench(window).check_interval([1] * words, beats, frames=8)


@settings(max_examples=60, deadline=None)
@given(window=windows(), data=st.data())
def test_arrivals_of_several_maps(window: SlidingWindow, data: st.DataObject) -> None:
    words = 3 * window.plan.map_words
    beats = 3 * window.plan.positions * window.plan.window_beats
    times = sorted(data.draw(st.lists(st.integers(0, 2 * words), min_size=words, max_size=words)))
    bench(window).check_arrivals([1] * words, beats, times)


def test_with_room_the_next_map_costs_nothing() -> None:
    """Two rows of the next map while the last row of the first is read: then a map takes just its reads."""
    plan = WindowPlan((6, 6), 1, (3, 3), repeats=2)
    tight, roomy = SlidingWindow(plan, WIDTH), SlidingWindow(plan, WIDTH, 2 * plan.least_capacity + 6)
    assert roomy.interval == plan.positions * plan.window_beats == 288
    assert tight.interval > 288
    for window in (tight, roomy):
        bench(window).check_interval([1] * 36, 288, frames=5)


def test_the_least_capacity_is_the_least() -> None:
    plan = WindowPlan((8, 10), 2, (3, 3))
    assert plan.least_capacity == (2 * 10 + 3) * 2
    assert ring_depth(plan.least_capacity) == 64
    with pytest.raises(ValueError, match="a window spans 46 words, which 45 can't hold"):
        SlidingWindow(plan, WIDTH, 45)


def test_ready_is_registered() -> None:
    ready_is_independent(SlidingWindow(WindowPlan((4, 4), 1, (2, 2)), WIDTH))


def test_shares_must_divide_the_words() -> None:
    with pytest.raises(
        ValueError, match="as many shares as there are repeats of a row must divide the words"
    ):
        WindowPlan((3, 3), 3, (1, 1), row_repeats=2, spread=True)


@pytest.mark.parametrize("numbers", [((3, 3), 1, (4, 3)), ((3, 3), 0, (1, 1)), ((3, 3), 1, (1, 1), (0, 1))])
def test_impossible_windows(numbers: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="window"):
        WindowPlan(*numbers)


@settings(max_examples=60, deadline=None)
@given(plan=plans(), data=st.data())
def test_words_held_is_the_least_that_never_waits(plan: WindowPlan, data: st.DataObject) -> None:
    """A ring of so many words takes each word when it comes; of one fewer, it does not."""
    words, beats = 3 * plan.map_words, 3 * plan.positions * plan.window_beats
    pauses = data.draw(st.lists(st.sampled_from([1, 1, 2, 6]), min_size=words, max_size=words))
    times = np.cumsum(pauses).tolist()
    held = SlidingWindow(plan, WIDTH).words_held(np.array(times))[0]
    capacity = max(held, plan.least_capacity)
    seen = bench(SlidingWindow(plan, WIDTH, capacity)).run([1] * words, beats, times=times)
    assert seen.taken == times
    if held > plan.least_capacity:
        seen = bench(SlidingWindow(plan, WIDTH, held - 1)).run([1] * words, beats, times=times)
        assert seen.taken != times
