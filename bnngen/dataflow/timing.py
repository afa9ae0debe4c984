"""Cycles per frame and latency of a chain of stream components, from their timing contracts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bnngen.dataflow.dataflow import Dataflow
from bnngen_hw.component import StreamComponent


def cycles_per_frame(parts: Iterable[StreamComponent]) -> int:
    """The steady distance between the last beats of successive frames, without stalls.

    Every component buffers enough to overlap a frame with the next one (sliding windows and joins, once
    they have room: `with_room`), so the busiest sets the pace.
    """
    return max(part.least_interval for part in parts)


def latency_cycles(dataflow: Dataflow, beats_in: int) -> int:
    """Cycles from the one in which a frame's first beat is taken to the one in which its last output beat
    is taken, both counted, when all is idle and the source offers a beat in every cycle."""
    return int(dataflow.arrivals(np.arange(beats_in))[-1][-1]) + 1
