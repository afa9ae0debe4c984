"""AXI4-Stream at the edge of the accelerator."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out, Signature
from numpy.typing import NDArray

from bnngen_hw.beats import beat_count
from bnngen_hw.component import StreamComponent
from bnngen_hw.counting import Counter
from bnngen_hw.part import bit_stream
from bnngen_hw.streams.slice import RegisterSlice
from bnngen_hw.timing import Cycles, queue


def tdata_bits(lanes: int, bits: int) -> int:
    """The width of ``tdata`` for ``lanes`` elements of ``bits`` bits: whole bytes."""
    return 8 * beat_count(lanes * bits, 8)


def axi_stream(width: int) -> Signature:
    """The signature of an AXI4-Stream with ``width`` bits of ``tdata``."""
    return Signature({"tdata": Out(width), "tvalid": Out(1), "tready": In(1), "tlast": Out(1)})


class AxiStreamSink(StreamComponent):
    """Takes frames of ``elements`` elements of ``bits`` bits, ``lanes`` a beat, from outside.

    Bits of ``tdata`` that belong to no element are dropped, whatever they are. ``tlast`` is only watched.
    Latency 1 cycle, one beat every ``gap`` cycles; the outputs come from registers, and so does ``tready``.

    Ports: ``i``, AXI4-Stream of `tdata_bits` bits; ``o``, stream of ``lanes`` elements; ``frame_error``
    (out): high from the cycle after a beat whose ``tlast`` was wrong, until reset.

    Raises ValueError if a parameter is below 1.
    """

    def __init__(self, elements: int, bits: int, lanes: int, gap: int = 1) -> None:
        _check(elements, bits, lanes, gap)
        self.elements, self.bits, self.lanes, self.gap = elements, bits, lanes, gap
        self.beats = beat_count(elements, lanes)
        members = {"i": In(axi_stream(tdata_bits(lanes, bits))), "o": Out(bit_stream(lanes * bits))}
        super().__init__({**members, "frame_error": Out(1)})

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats * self.gap

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t, self.gap) + 1

    def elaborate(self, platform: Any) -> Module:
        """A register slice behind the mask of the frame's last beat."""
        m = Module()
        m.submodules.slice = slice_ = RegisterSlice(self.lanes * self.bits)
        accept, error = Signal(), Signal()
        offered, ready = self.i.tvalid, slice_.i.ready
        if self.gap > 1:
            over = self._pause_over(m, accept)
            offered, ready = offered & over, ready & over
        beat = Counter(self.beats, "beat").build(m, accept)
        used = (self.elements - (self.beats - 1) * self.lanes) * self.bits
        payload = slice_.i.payload
        if used < len(payload):
            m.d.comb += payload[used:].eq(Mux(beat.last, 0, self.i.tdata[used : len(payload)]))
        m.d.comb += [
            payload[:used].eq(self.i.tdata[:used]),
            slice_.i.valid.eq(offered),
            self.i.tready.eq(ready),
            accept.eq(self.i.tvalid & self.i.tready),
            self.o.payload.eq(slice_.o.payload),
            self.o.valid.eq(slice_.o.valid),
            slice_.o.ready.eq(self.o.ready),
            self.frame_error.eq(error),
        ]
        with m.If(accept & (self.i.tlast != beat.last)):
            m.d.sync += error.eq(1)
        return m

    def _pause_over(self, m: Module, accept: Signal) -> Value:
        """Whether the last beat is ``gap`` cycles ago."""
        left = Signal(range(self.gap), name="pause")
        with m.If(accept):
            m.d.sync += left.eq(self.gap - 1)
        with m.Elif(left.any()):
            m.d.sync += left.eq(left - 1)
        return ~left.any()


class AxiStreamSource(StreamComponent):
    """Sends frames of ``elements`` elements of ``bits`` bits, ``lanes`` a beat, to the outside.

    ``tlast`` marks a frame's last beat; bits of ``tdata`` above the elements are 0. Latency 1 cycle, one
    beat per cycle; all outputs and ``i.ready`` come from registers.

    Ports: ``i``, stream of ``lanes`` elements; ``o``, AXI4-Stream of `tdata_bits` bits.

    Raises ValueError if a parameter is below 1.
    """

    def __init__(self, elements: int, bits: int, lanes: int) -> None:
        _check(elements, bits, lanes)
        self.elements, self.bits, self.lanes = elements, bits, lanes
        self.beats = beat_count(elements, lanes)
        super().__init__({"i": In(bit_stream(lanes * bits)), "o": Out(axi_stream(tdata_bits(lanes, bits)))})

    @property
    def interval(self) -> int:
        """Cycles per frame in steady state."""
        return self.beats

    def arrivals(self, t: NDArray[np.integer]) -> Cycles:
        """See `timing`."""
        return queue(t) + 1

    def elaborate(self, platform: Any) -> Module:
        """A register slice that carries ``tlast`` above the payload."""
        m = Module()
        width = self.lanes * self.bits
        m.submodules.slice = slice_ = RegisterSlice(width + 1)
        accept = Signal()
        beat = Counter(self.beats, "beat").build(m, accept)
        m.d.comb += [
            slice_.i.payload.eq(Cat(self.i.payload, beat.last)),
            slice_.i.valid.eq(self.i.valid),
            self.i.ready.eq(slice_.i.ready),
            accept.eq(self.i.valid & self.i.ready),
            self.o.tdata.eq(slice_.o.payload[:width]),
            self.o.tlast.eq(slice_.o.payload[width]),
            self.o.tvalid.eq(slice_.o.valid),
            slice_.o.ready.eq(self.o.tready),
        ]
        return m


def _check(elements: int, bits: int, lanes: int, gap: int = 1) -> None:
    if min(elements, bits, lanes, gap) < 1:
        raise ValueError(
            f"a stream needs at least 1 element, bit, lane and cycle, not {elements}, {bits}, {lanes}, {gap}"
        )
