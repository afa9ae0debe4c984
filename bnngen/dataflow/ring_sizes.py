"""How many words the line buffers and queues of a dataflow must hold, so that the busiest sets the pace.

A frame may come every T cycles, T being what the busiest component works on one. Let frames come that far
apart, and never let anything wait for room: that is a schedule, and each line buffer holds at some time the
most words that it needs for it. With rings of so many words the hardware, which takes whatever it can as
early as it can, is nowhere later than that schedule: tokens that come earlier never make anything later
(monotonicity of cyclo-static dataflow: Wiggers, Bekooij and Smit, "Efficient computation of buffer capacities
for cyclo-static dataflow graphs", DAC 2007). So a frame leaves every T cycles.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from bnngen.dataflow.dataflow import Dataflow
from bnngen_hw.component import StreamComponent
from bnngen_hw.edges.axis import AxiStreamSink
from bnngen_hw.memories import ring_depth
from bnngen_hw.timing import Cycles

FRAMES, MOST_FRAMES = 4, 64
"""So many frames are looked at, and twice as many until the numbers stay the same."""


class Visit(NamedTuple):
    """A part in the schedule: when its input beats come, and the most words that each of its queues holds."""

    number: int
    part: StreamComponent
    inputs: list[Cycles]
    words: list[int]


def with_room(dataflow: Dataflow, beats_in: int) -> Dataflow:
    """The same with the rings of all sliding windows and all queues large enough, if it takes ``beats_in``
    beats a frame."""
    if not any(part.waits for part in dataflow):
        return dataflow
    period = max(part.least_interval for part in dataflow)
    frames, held = FRAMES, None
    while frames <= MOST_FRAMES and (more := words_held(dataflow, beats_in, period, frames)) != held:
        frames, held = frames * 2, more
    assert held is not None
    parts = (
        part.with_capacities([ring_depth(max(n, part.least_capacity)) for n in words])
        for part, words in zip(dataflow, held, strict=True)
    )
    return Dataflow(tuple(parts), dataflow.sources)


def words_held(dataflow: Dataflow, beats_in: int, period: int, frames: int) -> list[list[int]]:
    """The most words in each queue of each part, if a frame comes every ``period`` cycles."""
    last = max(k for k, part in enumerate(dataflow) if part.waits)
    visits = takewhile(lambda visit: visit.number <= last, walk(dataflow, beats_in, period, frames))
    held = [visit.words for visit in visits]
    return held + [[]] * (len(dataflow) - len(held))


def walk(dataflow: Dataflow, beats_in: int, period: int, frames: int) -> Iterator[Visit]:
    """Each part in turn, if a frame comes every ``period`` cycles and nothing waits for room.

    A window that alone takes the words from outside may let them wait: it gets the least room with which it
    keeps the period.
    """
    beats: Cycles = (np.arange(frames)[:, None] * period + np.arange(beats_in)).ravel()
    times: list[Cycles] = []
    for number, (part, read) in enumerate(zip(dataflow.parts, dataflow.sources, strict=True)):
        inputs = [times[k] for k in read] or [beats]
        if part.paces and _alone_at_the_input(dataflow, number):
            words = [_least_room(part, inputs[0], period, frames)]
        else:
            words = part.words_held(*inputs)
        # only what paces itself is later for want of room
        roomy = part.with_capacities([max(n, part.least_capacity) for n in words]) if part.paces else part
        times.append(roomy.arrivals(*inputs))
        yield Visit(number, part, inputs, words)


def _alone_at_the_input(dataflow: Dataflow, number: int) -> bool:
    read = dataflow.sources[number]
    return not read or (
        isinstance(dataflow.parts[read[0]], AxiStreamSink) and len(dataflow.readers(read[0])) == 1
    )


def _least_room(part: StreamComponent, beats: Cycles, period: int, frames: int) -> int:
    """The words of the smallest ring from which a map goes every ``period`` cycles in the end."""
    capacity = ring_depth(part.least_capacity)
    while True:
        last = part.with_capacities([capacity]).arrivals(beats).reshape(frames, -1)[:, -1]
        if last[-1] - last[-2] <= period or capacity > 2 * len(beats) // frames:
            return capacity
        capacity *= 2
