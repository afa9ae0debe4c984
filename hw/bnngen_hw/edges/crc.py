"""The CRC-32 of bytes, in software and a bit a cycle in hardware."""

from __future__ import annotations

import zlib

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from bnngen_hw.part import Part

POLYNOMIAL = 0xEDB88320
"""That of zip and Ethernet, its highest power in the lowest bit: bits come least significant first."""
ONES = 0xFFFFFFFF


class Crc32(Part):
    """The CRC-32 of the bytes taken since the last ``clear``: what ``zlib.crc32(bytes, start)`` gives.

    A byte is taken every 9 cycles at most; ``value`` holds it 9 cycles after it was taken, when the next one
    can be. ``drop`` shifts the lowest byte out of ``value`` in the same time, so that four of them let it be
    read byte by byte, the least significant first.

    Parameters: ``start``, the value of no bytes, 0 to 2^32 - 1 (ValueError otherwise).

    Ports: ``i`` in, stream of 8 bits; ``clear`` in, wins over all else; ``drop`` in, looked at while
    ``i.ready`` is high and no byte comes; ``value`` out, 32 bits.
    """

    def __init__(self, start: int = 0) -> None:
        if not 0 <= start <= ONES:
            raise ValueError(f"start must be a number of 32 bits, not {start}")
        self.start = start
        super().__init__({"i": In(stream.Signature(8)), "clear": In(1), "drop": In(1), "value": Out(32)})

    def compute(self, given: bytes) -> int:
        """What the hardware gives for these bytes."""
        return zlib.crc32(given, self.start)

    def elaborate(self, platform: object) -> Module:
        """A byte goes into the lowest bits at once; then the register is shifted 8 times."""
        m = Module()
        state = Signal(32, init=self.start ^ ONES)
        left = Signal(range(9))
        dropping, feedback = Signal(), Signal()
        m.d.comb += [
            self.value.eq(~state),
            self.i.ready.eq(left == 0),
            feedback.eq(state[0] & ~dropping),
        ]
        with m.If(left != 0):
            taps = [feedback if POLYNOMIAL >> n & 1 else Const(0, 1) for n in range(32)]
            m.d.sync += [state.eq(Cat(state[1:], Const(0, 1)) ^ Cat(*taps)), left.eq(left - 1)]
        with m.Elif(self.i.valid):
            m.d.sync += [state[:8].eq(state[:8] ^ self.i.payload), left.eq(8), dropping.eq(0)]
        with m.Elif(self.drop):
            m.d.sync += [left.eq(8), dropping.eq(1)]
        with m.If(self.clear):
            m.d.sync += [state.eq(self.start ^ ONES), left.eq(0)]
        return m
