"""The base class of what stands between two streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.part import Part
from bnngen_hw.roms.rom import Rom
from bnngen_hw.timing import Cycles, queue


class StreamComponent(Part):
    """A component between two streams, with the timing contract of `timing`.

    Ports: ``i`` and ``o``, streams whose payload is a plain vector.
    """

    i: Any
    o: Any

    @property
    def roms(self) -> Sequence[Rom]:
        """The memories of constants, which may be laid out in block RAMs before the hardware is made."""
        return ()

    @property
    def weight_roms(self) -> Sequence[Rom]:
        """Those of ``roms`` that hold weights."""
        return ()

    @property
    def block_rams(self) -> Sequence[tuple[int, int]]:
        """Width and depth of each memory for data that is to be block RAM, once its size is settled."""
        return ()

    @property
    def buffer_bits(self) -> int:
        """Bits of data that wait between layers: stored vectors and queued results."""
        return 0

    @property
    def unevenness(self) -> int:
        """How many cycles it may take an input beat later than beats that come evenly, though it keeps pace
        with them over a frame. Who sends the beats needs room for as many cycles."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state, as `timing` defines it."""
        raise NotImplementedError

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """The cycles of one frame's output beats for those of its input beats, as `timing` defines it. A
        component with several inputs takes those of each."""
        raise NotImplementedError

    def takes(self, t: NDArray[np.integer]) -> Cycles:
        """The cycles in which the beats are taken that become available in the cycles ``t``, those of one
        frame or of several, with a sink that is always ready. Most components take one in each cycle."""
        return queue(t)
