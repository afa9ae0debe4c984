"""Queues before components that words reach in bursts.

The static schedule has nothing wait for room. A component that takes beats more slowly than they come,
because it narrows what comes in a burst, would hold up its source, and so whoever else reads from that, and
the line buffer behind it. It gets a queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bnngen.dataflow.components import build_dataflow
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.ring_sizes import FRAMES, walk
from bnngen.dataflow.timing import cycles_per_frame
from bnngen.ops.components import Components
from bnngen.ops.line_buffer import small_memory
from bnngen.schedule.planner import Schedule
from bnngen_hw.buffers.queued import Queued
from bnngen_hw.component import StreamComponent
from bnngen_hw.timing import queue


def with_queues(schedule: Schedule, layers: Sequence[Components], beats_in: int) -> list[Components]:
    """``layers``, which take ``beats_in`` beats a frame, with a queue before each component that would let
    its source wait."""
    layers, style = list(layers), small_memory(schedule.board)
    while found := _holds_up(build_dataflow(schedule, layers), beats_in):
        part, beats = found
        layers = _replaced(layers, part, Queued(part, beats, style=style))
    return layers


def _replaced(
    layers: Sequence[Components], part: StreamComponent, other: StreamComponent
) -> list[Components]:
    return [layer.mapped(lambda each: other if each is part else each) for layer in layers]


def _holds_up(dataflow: Dataflow, beats_in: int) -> tuple[StreamComponent, int] | None:
    """The first part that lets its source wait, and the beats that it takes a frame; None if there is no such
    part."""
    slow = [
        number
        for number, part in enumerate(dataflow)
        if not (part.waits or part.prompt or _only_the_host_waits(dataflow, number))
    ]
    if not slow or not any(part.waits for part in dataflow):
        return None
    visits = walk(dataflow, beats_in, cycles_per_frame(dataflow), FRAMES)
    for visit in islice(visits, slow[-1] + 1):
        if visit.number not in slow:
            continue
        (beats,) = visit.inputs
        late = visit.part.takes(beats) - queue(beats)
        if late.max() > _patience(dataflow, visit.number):
            return visit.part, len(beats) // FRAMES
    return None


def _only_the_host_waits(dataflow: Dataflow, number: int) -> bool:
    """Whether there is neither a fork nor a buffer on the way from the input port."""
    return all(
        len(dataflow.readers(source)) == 1
        and not dataflow.parts[source].waits
        and _only_the_host_waits(dataflow, source)
        for source in dataflow.sources[number]
    )


def _patience(dataflow: Dataflow, number: int) -> int:
    """For how many cycles the part's source may wait without any harm."""
    (source,) = dataflow.sources[number]
    return dataflow.parts[source].slack if len(dataflow.readers(source)) == 1 else 0
