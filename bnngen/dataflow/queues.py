"""Queues before components that words reach in bursts.

The static schedule has nothing wait for room. A component that takes beats more slowly than they come,
because it narrows what comes in a burst, would hold up its source, and so whoever else reads from that, and
the line buffer behind it. It gets a queue.
"""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.dataflow.components import Layer, build_dataflow
from bnngen.dataflow.dataflow import Dataflow
from bnngen.dataflow.ring_sizes import FRAMES, Buffer, walk
from bnngen.dataflow.timing import cycles_per_frame
from bnngen.ops.line_buffer import small_memory
from bnngen.schedule.planner import Schedule
from bnngen_hw.buffers.queued import Queued
from bnngen_hw.component import StreamComponent
from bnngen_hw.engine.engine import DenseEngine
from bnngen_hw.timing import queue


def with_queues(schedule: Schedule, layers: Sequence[Layer], beats_in: int) -> list[Layer]:
    """``layers``, which take ``beats_in`` beats a frame, with a queue before each component that would let
    its source wait."""
    layers, style = list(layers), small_memory(schedule.board)
    while found := _holds_up(build_dataflow(schedule, layers), beats_in):
        part, beats = found
        queued = Queued(part, beats, style=style)
        layers = [layer.replaced(part, queued) for layer in layers]
    return layers


def _holds_up(dataflow: Dataflow, beats_in: int) -> tuple[StreamComponent, int] | None:
    """The first part that lets its source wait, and the beats that it takes a frame; None if there is no such
    part."""
    if not any(isinstance(part, Buffer) for part in dataflow):
        return None
    for visit in walk(dataflow, beats_in, cycles_per_frame(dataflow), FRAMES):
        if isinstance(visit.part, Buffer) or _only_the_host_waits(dataflow, visit.number):
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
        and not isinstance(dataflow.parts[source], Buffer)
        and _only_the_host_waits(dataflow, source)
        for source in dataflow.sources[number]
    )


def _patience(dataflow: Dataflow, number: int) -> int:
    """For how many cycles the part's source may wait without any harm."""
    (source,) = dataflow.sources[number]
    part = dataflow.parts[source]
    alone = len(dataflow.readers(source)) == 1
    return part.slack if alone and isinstance(part, DenseEngine) else 0
