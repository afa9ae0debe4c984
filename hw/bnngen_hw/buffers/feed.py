"""What stands before an engine: the right lanes, as often as the engine wants them."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out, connect, flipped
from numpy.typing import NDArray

from bnngen_hw.buffers.replay import ReplayBuffer
from bnngen_hw.component import StreamComponent
from bnngen_hw.memories import FeedStyle
from bnngen_hw.part import bit_stream
from bnngen_hw.streams.width import WidthConverter
from bnngen_hw.timing import Cycles


class VectorFeed(StreamComponent):
    """Turns frames of ``elements`` elements on ``i_lanes`` lanes into ``repeats`` passes on ``o_lanes``
    lanes.

    One pass, or style "registers": a `WidthConverter`, which keeps a repeated frame in a rotating register.
    Any other style: a `WidthConverter`, then a `ReplayBuffer` in that kind of RAM.

    Ports: ``i`` and ``o``, streams of ``i_lanes * bits`` and ``o_lanes * bits`` bits.
    """

    def __init__(
        self,
        elements: int,
        bits: int,
        i_lanes: int,
        o_lanes: int,
        repeats: int = 1,
        style: FeedStyle = "registers",
    ) -> None:
        if style not in get_args(FeedStyle):
            raise ValueError(f"feed style must be one of {', '.join(get_args(FeedStyle))}, not {style!r}")
        in_ram = repeats > 1 and style != "registers"
        self._converter = WidthConverter(elements, bits, i_lanes, o_lanes, 1 if in_ram else repeats)
        width = o_lanes * bits
        self._buffer = ReplayBuffer(width, self._converter.o_beats, repeats, style) if in_ram else None
        super().__init__({"i": In(bit_stream(i_lanes * bits)), "o": Out(bit_stream(width))})

    @property
    def storage_bits(self) -> int:
        """Flip-flops that hold data."""
        return self._converter.storage_bits

    @property
    def ram_bits(self) -> int:
        """Bits of RAM."""
        return self._buffer.ram_bits if self._buffer else 0

    @property
    def buffer_bits(self) -> int:
        """Bits in flip-flops and in RAM."""
        return self.storage_bits + self.ram_bits

    @property
    def unevenness(self) -> int:
        """That of the converter, which comes first."""
        return self._converter.unevenness

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return max(self._converter.interval, self._buffer.interval if self._buffer else 0)

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        beats = self._converter.arrivals(t)
        return self._buffer.arrivals(beats) if self._buffer else beats

    def takes(self, t: NDArray[np.integer]) -> Cycles:
        """When the converter takes the beats: the RAM behind it has room for the next frame."""
        return self._converter.takes(t)

    def elaborate(self, platform: Any) -> Module:
        """Connects the parts."""
        m = Module()
        m.submodules.converter = self._converter
        connect(m, flipped(self.i), self._converter.i)
        if not self._buffer:
            connect(m, self._converter.o, flipped(self.o))
            return m
        m.submodules.buffer = self._buffer
        connect(m, self._converter.o, self._buffer.i)
        connect(m, self._buffer.o, flipped(self.o))
        return m
