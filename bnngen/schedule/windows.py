"""How many words the line buffers of a chain must hold, so that no layer waits longer than the slowest works.

A frame may come every T cycles, T being what the busiest component works on one. Let frames come that far
apart, and never let anything wait for room: that is a schedule, and each line buffer holds at some time the
most words that it needs for it. With rings of so many words the hardware, which takes whatever it can as
early as it can, is nowhere later than that schedule: tokens that come earlier never make anything later
(monotonicity of cyclo-static dataflow: Wiggers, Bekooij and Smit, "Efficient computation of buffer capacities
for cyclo-static dataflow graphs", DAC 2007). So a frame leaves every T cycles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnngen_hw.component import StreamComponent
from bnngen_hw.timing import Cycles
from bnngen_hw.window import SlidingWindow, ring_depth

FRAMES = 4
"""So many frames show the steady state if every window has room enough; with less, more are looked at."""


def size_windows(chain: Sequence[StreamComponent], beats_in: int) -> None:
    """Make the rings of all sliding windows large enough in ``chain``, which takes ``beats_in`` beats."""
    windows = [place for place, part in enumerate(chain) if isinstance(part, SlidingWindow)]
    if not windows:
        return
    upstream = chain[: windows[-1] + 1]
    period = max(least_interval(part) for part in chain)
    frames, held = FRAMES, None
    while (more := _words_held(upstream, beats_in, period, frames)) != held:
        frames, held = frames * 2, more
    for place, words in zip(windows, held, strict=True):
        window = chain[place]
        assert isinstance(window, SlidingWindow)
        window.hold(ring_depth(max(words, window.plan.least_capacity)))


def least_interval(part: StreamComponent) -> int:
    """The cycles that the component works on a frame."""
    return part.least_interval if isinstance(part, SlidingWindow) else part.interval


def _words_held(chain: Sequence[StreamComponent], beats_in: int, period: int, frames: int) -> list[int]:
    """The most words in each sliding window, if a frame comes every ``period`` cycles.

    The first window takes its words from outside, which may well wait: it gets the least room with which it
    keeps the period.
    """
    beats: Cycles = (np.arange(frames)[:, None] * period + np.arange(beats_in)).ravel()
    held: list[int] = []
    for part in chain:
        if isinstance(part, SlidingWindow):
            held.append(part.words_held(beats) if held else _least_room(part, beats, period, frames))
            part = part.with_capacity(max(held[-1], part.plan.least_capacity))
        beats = part.arrivals(beats)
    return held


def _least_room(window: SlidingWindow, beats: Cycles, period: int, frames: int) -> int:
    """The words of the smallest ring from which a map goes every ``period`` cycles in the end."""
    capacity = ring_depth(window.plan.least_capacity)
    while True:
        last = window.with_capacity(capacity).arrivals(beats).reshape(frames, -1)[:, -1]
        if last[-1] - last[-2] <= period or capacity > 2 * window.plan.map_words:
            return capacity
        capacity *= 2
