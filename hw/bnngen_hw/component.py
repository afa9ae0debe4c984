"""The base class of what stands between two streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.part import Part
from bnngen_hw.roms.rom import Rom
from bnngen_hw.roms.rom_block import RomPieces
from bnngen_hw.timing import Cycles, queue


class StreamComponent(Part):
    """A component between two streams, with the timing contract of `timing`.

    Ports: ``i`` and ``o``, streams whose payload is a plain vector.
    """

    i: Any
    o: Any

    waits = False
    """Whether words wait in it for which `with_capacities` makes room."""
    paces = False
    """Whether its source may wait while it sends at its own pace: it keeps words, to read them again."""
    least_capacity = 0
    """The fewest words for which it can have room."""
    slack = 0
    """Cycles that a beat may wait at its output without slowing it down."""

    @property
    def roms(self) -> Sequence[Rom]:
        """The memories of constants."""
        return ()

    @property
    def weight_roms(self) -> Sequence[Rom]:
        """Those of ``roms`` that hold weights."""
        return ()

    def laid_out(self, pieces: Sequence[RomPieces]) -> StreamComponent:
        """The same with each of its ``roms`` stored in these pieces; without pieces it is one memory."""
        return self

    @property
    def block_rams(self) -> Sequence[tuple[int, int]]:
        """Width and depth of each memory for data that is to be block RAM."""
        return ()

    def with_capacities(self, words: Sequence[int]) -> StreamComponent:
        """The same with room for so many words in each of its queues."""
        return self

    def words_held(self, *t: NDArray[np.integer]) -> list[int]:
        """The most words that wait in each of its queues at any time, if the beats of each input come in the
        cycles ``t``, those of one frame or of several."""
        return []

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

    @property
    def least_interval(self) -> int:
        """The cycles that it works on a frame: its interval, if it has room enough."""
        return self.interval

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """The cycles of one frame's output beats for those of its input beats, as `timing` defines it. A
        component with several inputs takes those of each."""
        raise NotImplementedError

    @property
    def prompt(self) -> bool:
        """Whether it takes a beat in each cycle."""
        return type(self).takes is StreamComponent.takes

    def takes(self, t: NDArray[np.integer]) -> Cycles:
        """The cycles in which the beats are taken that become available in the cycles ``t``, those of one
        frame or of several, with a sink that is always ready. Most components take one in each cycle."""
        return queue(t)
