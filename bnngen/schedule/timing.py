"""Cycles per frame and latency of a chain of stream components, from their timing contracts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bnngen.schedule.windows import least_interval
from bnngen_hw.component import StreamComponent


def cycles_per_frame(chain: Sequence[StreamComponent]) -> int:
    """The steady distance between the last beats of successive frames, without stalls.

    Every component buffers enough to overlap a frame with the next one (sliding windows, once `size_windows`
    has seen them), so the busiest sets the pace.
    """
    return max(map(least_interval, chain))


def latency_cycles(chain: Sequence[StreamComponent], beats_in: int) -> int:
    """Cycles from the one in which a frame's first beat is taken to the one in which its last output beat
    is taken, both counted, in an idle chain with a source that offers a beat in every cycle."""
    beats = np.arange(beats_in)
    for component in chain:
        beats = component.arrivals(beats)
    return int(beats[-1]) + 1
