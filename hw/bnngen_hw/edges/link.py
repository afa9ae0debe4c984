"""The serial link whose answers carry a check, and the design that a board has around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import ClockSignal, Instance, Module, ResetInserter, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from bnngen_hw.edges.bytes import BeatAssembler, BeatSplitter
from bnngen_hw.edges.framing import AnswerWriter, RequestReader
from bnngen_hw.edges.uart import UartStreamBridge
from bnngen_hw.part import Part
from bnngen_hw.streams.fifo import Fifo

ACCELERATOR = "bnn_accelerator"
"""The name of the accelerator's Verilog module."""


class CheckedStreamBridge(UartStreamBridge):
    """As `UartStreamBridge`, with a header in front of each frame and a check behind each answer: see
    `RequestReader` and `AnswerWriter`.

    Whatever is lost, doubled or changed on the line, the beats that come out are whole frames, and a host
    that compares the check takes no wrong answer. So a host that fills an unfinished frame up begins anew
    without a break, which a network connection can't carry.

    Parameters beside those: ``design``, the number of the accelerator that starts each check, 32 bits;
    ``ahead``, how many frames more than two may be within the accelerator at a time, 0 or more (ValueError
    otherwise).
    """

    def __init__(
        self,
        bytes_in: int,
        beats_in: int,
        bytes_out: int,
        *,
        divisor: int,
        buffer_bytes: int = 16,
        design: int = 0,
        ahead: int = 0,
    ) -> None:
        if ahead < 0:
            raise ValueError(f"ahead must be at least 0, not {ahead}")
        self.reader = RequestReader(design)
        self.ahead = ahead
        super().__init__(bytes_in, beats_in, bytes_out, divisor=divisor, buffer_bytes=buffer_bytes)

    def _frame(
        self, m: Module, received: Any, assembler: BeatAssembler, splitter: BeatSplitter, sent: Any
    ) -> None:
        reader, writer = self.reader, AnswerWriter()
        empties = ResetInserter(self.restart)
        m.submodules.reader = empties(reader)
        m.submodules.writer = empties(writer)
        m.d.comb += [reader.last.eq(assembler.last), writer.last.eq(splitter.o_last)]
        wiring.connect(m, received, reader.i)
        wiring.connect(m, reader.o, assembler.i)
        wiring.connect(m, splitter.o, writer.i)
        wiring.connect(m, writer.o, sent)
        checks = reader.check
        if self.ahead:
            waiting = Fifo(32, self.ahead)
            m.submodules.waiting = empties(waiting)
            wiring.connect(m, checks, waiting.i)
            checks = waiting.o
        wiring.connect(m, checks, writer.check)


@dataclass(frozen=True)
class StreamShape:
    """How an accelerator's streams are cut: bytes of an input beat, beats of an input frame, and
    bytes of an output beat; and what is asked of its link: the ``protocol``, the number of the ``design``,
    and frames ``ahead`` (see `bnngen_sim.link.SerialLink`)."""

    bytes_in: int
    beats_in: int
    bytes_out: int
    protocol: int = 1
    design: int = 0
    ahead: int = 0

    @classmethod
    def from_interface(cls, interface: Mapping[str, Any]) -> StreamShape:
        """The shape that the contents of an ``interface.json`` describe; one that says nothing of a link has
        the first protocol."""
        source, sink = interface["input"], interface["output"]
        beats_in = -(-source["elements_per_frame"] // source["elements_per_beat"])
        link = interface.get("link") or {"protocol": 1}
        asked = {key: link[key] for key in ("protocol", "design", "ahead") if key in link}
        return cls(source["tdata_bits"] // 8, beats_in, sink["tdata_bits"] // 8, **asked)

    def bridge(self, divisor: int, buffer_bytes: int) -> UartStreamBridge:
        """The serial bridge for these streams, at ``divisor`` clock cycles a bit."""
        cut = (self.bytes_in, self.beats_in, self.bytes_out)
        if self.protocol == 1:
            return UartStreamBridge(*cut, divisor=divisor, buffer_bytes=buffer_bytes)
        return CheckedStreamBridge(
            *cut, divisor=divisor, buffer_bytes=buffer_bytes, design=self.design, ahead=self.ahead
        )


class LinkedAccelerator(Part):
    """An accelerator, the Verilog module `ACCELERATOR`, behind a serial ``bridge``. A break on the line
    resets it.

    Ports: ``rx`` in and ``tx`` out, the line; ``fault`` out, high for a frame error or a lost byte.
    """

    def __init__(self, bridge: UartStreamBridge) -> None:
        self.bridge = bridge
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "fault": Out(1)})

    def elaborate(self, platform: object) -> Module:
        """The two, joined."""
        m = Module()
        m.submodules.bridge = bridge = self.bridge
        frame_error = Signal()
        m.submodules.accelerator = self._accelerator(frame_error)
        m.d.comb += [
            bridge.rx.eq(self.rx),
            self.tx.eq(bridge.tx),
            self.fault.eq(frame_error | bridge.overrun),
        ]
        return m

    def _accelerator(self, frame_error: Signal) -> Instance:
        beats_in, beats_out = self.bridge.o, self.bridge.i
        return Instance(
            ACCELERATOR,
            i_clk=ClockSignal(),
            i_rst=ResetSignal() | self.bridge.restart,
            i_s_axis_tdata=beats_in.payload.data,
            i_s_axis_tvalid=beats_in.valid,
            o_s_axis_tready=beats_in.ready,
            i_s_axis_tlast=beats_in.payload.last,
            o_m_axis_tdata=beats_out.payload,
            o_m_axis_tvalid=beats_out.valid,
            i_m_axis_tready=beats_out.ready,
            o_m_axis_tlast=self.bridge.i_last,
            o_frame_error=frame_error,
        )
