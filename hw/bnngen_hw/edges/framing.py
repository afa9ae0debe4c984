"""Requests and answers of the checked serial protocol, byte by byte."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from bnngen_hw.edges.crc import Crc32
from bnngen_hw.edges.protocol import CHECK_BYTES, HEADER
from bnngen_hw.part import Part


class RequestReader(Part):
    """Takes requests apart: `HEADER`, then a frame, whose bytes it passes on and checks.

    Bytes before a header are thrown away. A byte of a frame passes in the cycle in which it comes, one in 9
    cycles at most. ``check`` is offered 9 cycles after the last byte has passed; until it is taken, no
    further byte is.

    Parameters: ``design``, the number with which the check starts, 32 bits (ValueError otherwise).

    Ports: ``i`` in, ``o`` out, streams of 8 bits; ``last`` in, whether the next byte is a frame's last, as
    `BeatAssembler` says; ``check`` out, stream of 32 bits, the `request_check` of each frame.
    """

    def __init__(self, design: int = 0) -> None:
        self.crc = Crc32(design)
        byte, word = stream.Signature(8), stream.Signature(32)
        super().__init__({"i": In(byte), "o": Out(byte), "last": In(1), "check": Out(word)})

    def elaborate(self, platform: object) -> Module:
        """Between frames, in a frame, behind a frame."""
        m = Module()
        m.submodules.crc = crc = self.crc
        m.d.comb += [
            self.o.payload.eq(self.i.payload),
            crc.i.payload.eq(self.i.payload),
            self.check.payload.eq(crc.value),
        ]
        with m.FSM():
            with m.State("between"):
                m.d.comb += [self.i.ready.eq(1), crc.clear.eq(1)]
                with m.If(self.i.valid & (self.i.payload == HEADER)):
                    m.next = "frame"
            with m.State("frame"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid & crc.i.ready),
                    self.i.ready.eq(self.o.ready & crc.i.ready),
                    crc.i.valid.eq(self.i.valid & self.o.ready),
                ]
                with m.If(self.i.valid & self.i.ready & self.last):
                    m.next = "behind"
            with m.State("behind"):
                m.d.comb += self.check.valid.eq(crc.i.ready)
                with m.If(self.check.valid & self.check.ready):
                    m.next = "between"
        return m


class AnswerWriter(Part):
    """Puts the check behind each answer: its bytes pass, then come the four of `answer_check`, the least
    significant first.

    A byte passes in the cycle in which it comes, one in 9 cycles at most. The check's first byte is offered
    45 cycles after the answer's last one has passed and the request's check is there, the others 9 cycles
    behind each other.

    Ports: ``i`` in, ``o`` out, streams of 8 bits; ``last`` in, whether the byte on offer is an answer's last;
    ``check`` in, stream of 32 bits, the checks of the requests in their order: one is taken ahead, and waits
    for its answer.
    """

    def __init__(self) -> None:
        byte, word = stream.Signature(8), stream.Signature(32)
        super().__init__({"i": In(byte), "o": Out(byte), "last": In(1), "check": In(word)})

    def elaborate(self, platform: object) -> Module:
        """An answer, the request's check into the CRC, the CRC out."""
        m = Module()
        m.submodules.crc = crc = Crc32()
        request, held, place = Signal(8 * CHECK_BYTES), Signal(), Signal(range(CHECK_BYTES))
        folding, sending = Signal(), Signal()
        m.d.comb += [
            self.check.ready.eq(~held),
            crc.i.payload.eq(Mux(folding, request[-8:], self.i.payload)),
            self.o.payload.eq(Mux(sending, crc.value[:8], self.i.payload)),
        ]
        with m.If(self.check.valid & self.check.ready):
            m.d.sync += [request.eq(self.check.payload), held.eq(1)]
        with m.FSM():
            with m.State("answer"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid & crc.i.ready),
                    self.i.ready.eq(self.o.ready & crc.i.ready),
                    crc.i.valid.eq(self.i.valid & self.o.ready),
                ]
                with m.If(self.i.valid & self.i.ready & self.last):
                    m.next = "fold"
            with m.State("fold"):
                m.d.comb += [folding.eq(1), crc.i.valid.eq(held)]
                with m.If(held & crc.i.ready):
                    m.d.sync += [request.eq(request << 8), place.eq(place + 1)]
                    with m.If(place == CHECK_BYTES - 1):
                        m.d.sync += held.eq(0)
                        m.next = "send"
            with m.State("send"):
                m.d.comb += [sending.eq(1), self.o.valid.eq(crc.i.ready), crc.drop.eq(self.o.ready)]
                with m.If(self.o.valid & self.o.ready):
                    m.d.sync += place.eq(place + 1)
                    with m.If(place == CHECK_BYTES - 1):
                        m.d.comb += crc.clear.eq(1)
                        m.next = "answer"
        return m
