"""When beats move: the timing contract of the stream components.

Every stream component has

- ``arrivals(t)``: for one frame in an idle component with an always-ready sink, given the cycle in which
  each input beat becomes available, in order, the cycle in which each output beat becomes available.
  An input beat becomes available in cycle ``max(t[n], 1 + the cycle in which beat n - 1 was taken)``.
- ``interval``: the cycles from a frame's last output beat to the next frame's in steady state, with a
  source that always has a beat and a sink that is always ready.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Cycles = NDArray[np.int64]
_Numbers = TypeVar("_Numbers", int, Cycles)


def queue(t: NDArray[np.integer], service: NDArray[np.integer] | int = 1) -> Cycles:
    """The cycles in which a server takes its jobs.

    Job n is there in cycle ``t[n]``; the server takes it ``service`` cycles after job n - 1 at the
    earliest. ``service`` is a number, or the distances between job n and n + 1 (one fewer than jobs).
    """
    there = np.asarray(t, dtype=np.int64)
    if isinstance(service, int):
        work = np.arange(0, service * len(there), service) if service else np.zeros(len(there), np.int64)
    else:
        work = np.zeros(len(there), np.int64)
        np.cumsum(np.broadcast_to(service, work[1:].shape), out=work[1:])
    taken: Cycles = there - work
    np.maximum.accumulate(taken, out=taken)
    taken += work
    return taken


def full_rate_depth(latency: _Numbers, spacing: _Numbers) -> _Numbers:
    """The least depth of a `CreditFifo` that never slows its pipeline down.

    ``latency`` counts the cycles from ``promise`` to the result's first cycle on ``o``; results come every
    ``spacing`` cycles at the fastest. A credit is back one cycle after its result was taken. Of arrays of
    both it is an array.
    """
    return -(-(latency + 1) // spacing)
