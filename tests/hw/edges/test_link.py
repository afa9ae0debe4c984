"""The checked link: frames through the line, damage that shows, and a way back without a break."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from support.components import simulate

from bnngen_hw.edges.link import CheckedStreamBridge
from bnngen_hw.edges.protocol import FILLER, HEADER, answer_check, request_check
from tests.hw.edges.test_uart import give, receive_byte, send_byte

DESIGN = 0xC0FFEE
FRAME = 6
"""Bytes: three beats of two."""


class Doubler:
    """A bridge whose accelerator answers a frame of three beats by their sum, two bytes."""

    def __init__(self, ahead: int = 0, stall: float = 0.0) -> None:
        self.bridge = CheckedStreamBridge(2, 3, 2, divisor=4, buffer_bytes=32, design=DESIGN, ahead=ahead)
        self.rng, self.stall = random.Random(3), stall
        self.done = False
        self.received: list[int] = []

    def run(self, host: Callable[[Any], Any]) -> bytes:
        async def until_host_is_done(ctx: Any) -> None:
            await host(ctx)
            await ctx.tick().repeat(1500)
            self.done = True

        simulate(self.bridge, until_host_is_done, self._accelerate, self._listen)
        return bytes(self.received)

    async def _accelerate(self, ctx: Any) -> None:
        stream, total, i = self.bridge.o, 0, self.bridge.i
        while not self.done:
            ctx.set(stream.ready, self.rng.random() >= self.stall)
            valid, ready, beat = ctx.get(stream.valid), ctx.get(stream.ready), ctx.get(stream.payload)
            await ctx.tick()
            if ctx.get(self.bridge.restart):
                total = 0
            elif valid and ready:
                ctx.set(stream.ready, 0)
                total += beat.data
                if beat.last:
                    ctx.set(self.bridge.i_last, 1)
                    await give(ctx, i, total & 0xFFFF)
                    total = 0

    async def _listen(self, ctx: Any) -> None:
        while not self.done:
            if ctx.get(self.bridge.tx):
                await ctx.tick()
            else:
                self.received.append(await receive_byte(ctx, self.bridge.tx, 4))


def answer(frame: bytes) -> bytes:
    total = sum(int.from_bytes(frame[k : k + 2], "little") for k in range(0, FRAME, 2)) & 0xFFFF
    made = total.to_bytes(2, "little")
    return made + answer_check(made, request_check(frame, DESIGN)).to_bytes(4, "little")


def frames(count: int) -> list[bytes]:
    rng = random.Random(count)
    return [rng.randbytes(FRAME) for _ in range(count)]


@pytest.mark.parametrize(("ahead", "stall"), [(0, 0.0), (0, 0.9), (2, 0.0)])
def test_frame_after_frame(ahead: int, stall: float) -> None:
    doubler, sent = Doubler(ahead, stall), frames(4)

    async def host(ctx: Any) -> None:
        for frame in sent:
            for byte in bytes([HEADER]) + frame:
                await send_byte(ctx, doubler.bridge.rx, byte, 4)

    assert doubler.run(host) == b"".join(map(answer, sent))


def test_fillers_begin_anew_after_a_lost_byte() -> None:
    """The frame is filled up, and its answer is none that the host would take; the next one is right."""
    doubler, (first, second) = Doubler(), frames(2)
    filled = first[:3] + bytes([FILLER]) * 3

    async def host(ctx: Any) -> None:
        for byte in bytes([HEADER]) + first[:3] + bytes([FILLER]) * (FRAME + 1) + bytes([HEADER]) + second:
            await send_byte(ctx, doubler.bridge.rx, byte, 4)

    assert doubler.run(host) == answer(filled) + answer(second)


def test_a_break_begins_anew() -> None:
    doubler, (first, second) = Doubler(), frames(2)

    async def host(ctx: Any) -> None:
        for byte in bytes([HEADER]) + first[:3]:
            await send_byte(ctx, doubler.bridge.rx, byte, 4)
        ctx.set(doubler.bridge.rx, 0)
        await ctx.tick().repeat(60)
        ctx.set(doubler.bridge.rx, 1)
        await ctx.tick().repeat(8)
        for byte in bytes([HEADER]) + second:
            await send_byte(ctx, doubler.bridge.rx, byte, 4)

    received = doubler.run(host)
    assert received.endswith(answer(second))


def test_ahead_is_no_negative_number() -> None:
    with pytest.raises(ValueError, match=r"^ahead must be at least 0, not -1$"):
        CheckedStreamBridge(1, 1, 1, divisor=4, ahead=-1)
