"""The serial link: bytes through the line, beats through the bridge, and a way back after a lost byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from amaranth.hdl import Module
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.edges.bytes import BeatAssembler, BeatSplitter
from bnngen_hw.edges.uart import UartReceiver, UartStreamBridge, UartTransmitter, uart_divisor


async def send_byte(ctx: Any, line: Any, byte: int, bit: int, stop: int = 1) -> None:
    """Puts one byte on the line, ``bit`` cycles for each bit."""
    for level in [0, *((byte >> n) & 1 for n in range(8)), stop]:
        ctx.set(line, level)
        await ctx.tick().repeat(bit)
    ctx.set(line, 1)


async def receive_byte(ctx: Any, line: Any, bit: int) -> int:
    """Waits for a byte on the line; its stop bit must be high and its bits exactly ``bit`` long."""
    while ctx.get(line):
        await ctx.tick()
    levels = [0] * 10
    for n in range(10):
        levels[n] = ctx.get(line)
        for _ in range(bit):
            assert ctx.get(line) == levels[n], f"bit {n} changed"
            await ctx.tick()
    assert levels[0] == 0
    assert levels[9] == 1
    return sum(level << n for n, level in enumerate(levels[1:9]))


async def take(ctx: Any, stream: Any, gaps: random.Random, stall: float = 0.0) -> Any:
    """Takes one payload, waiting at random."""
    while gaps.random() < stall:
        await ctx.tick()
    ctx.set(stream.ready, 1)
    payload, *_ = await ctx.tick().sample(stream.payload).until(stream.valid)
    ctx.set(stream.ready, 0)
    return payload


async def give(ctx: Any, stream: Any, payload: Any) -> None:
    ctx.set(stream.payload, payload)
    ctx.set(stream.valid, 1)
    await ctx.tick().until(stream.ready)
    ctx.set(stream.valid, 0)


class TestDivisor:
    @pytest.mark.parametrize(
        ("hz", "baud", "expected"), [(30_000_000, 1_000_000, 30), (24_750_000, 1_000_000, 25)]
    )
    def test_nearest(self, hz: int, baud: int, expected: int) -> None:
        assert uart_divisor(hz, baud) == expected

    def test_too_slow(self) -> None:
        with pytest.raises(ValueError, match=r"^1000000 baud needs a clock of at least 4 MHz$"):
            uart_divisor(3_000_000, 1_000_000)

    def test_no_whole_number(self) -> None:
        with pytest.raises(ValueError, match=r"no whole number of cycles: 5\.40 \(at most 2 % off\)"):
            uart_divisor(5_400_000, 1_000_000)


@settings(max_examples=15, deadline=None)
@given(sent=st.binary(min_size=1, max_size=6), divisor=st.integers(4, 9))
def test_loopback(sent: bytes, divisor: int) -> None:
    m = Module()
    m.submodules.tx = tx = UartTransmitter(divisor)
    m.submodules.rx = rx = UartReceiver(divisor)
    m.d.comb += rx.rx.eq(tx.tx)
    received = []

    async def source(ctx: Any) -> None:
        for byte in sent:
            await give(ctx, tx.i, byte)

    async def sink(ctx: Any) -> None:
        for _ in sent:
            received.append(await take(ctx, rx.o, random.Random(0)))

    simulate(m, source, sink)
    assert bytes(received) == sent


class TestTransmitter:
    def test_line(self) -> None:
        tx = UartTransmitter(5)
        received = []

        async def source(ctx: Any) -> None:
            assert ctx.get(tx.tx) == 1
            for byte in b"\x00\xa5\xff":
                await give(ctx, tx.i, byte)

        async def sink(ctx: Any) -> None:
            for _ in range(3):
                received.append(await receive_byte(ctx, tx.tx, 5))

        simulate(tx, source, sink)
        assert bytes(received) == b"\x00\xa5\xff"

    def test_interval(self) -> None:
        tx = UartTransmitter(4)
        taken = []

        async def source(ctx: Any) -> None:
            ctx.set(tx.i.valid, 1)
            for cycle in range(130):
                if ctx.get(tx.i.ready):
                    taken.append(cycle)
                await ctx.tick()

        simulate(tx, source)
        assert taken == [0, 40, 80, 120]


class TestReceiver:
    @pytest.mark.parametrize("bit", [98, 100, 102])
    def test_clock_difference(self, bit: int) -> None:
        rx = UartReceiver(100)
        received = []

        async def source(ctx: Any) -> None:
            for byte in b"\x55\x00\xff\x80":
                await send_byte(ctx, rx.rx, byte, bit)

        async def sink(ctx: Any) -> None:
            for _ in range(4):
                received.append(await take(ctx, rx.o, random.Random(0)))

        simulate(rx, source, sink)
        assert bytes(received) == b"\x55\x00\xff\x80"

    @pytest.mark.parametrize("divisor", [4, 7, 20])
    def test_latency(self, divisor: int) -> None:
        rx = UartReceiver(divisor)

        async def bench(ctx: Any) -> None:
            cycles = 0
            ctx.set(rx.rx, 0)
            while not ctx.get(rx.o.valid):
                await ctx.tick()
                cycles += 1
                if cycles >= divisor:
                    ctx.set(rx.rx, 1)
            assert ctx.get(rx.o.payload) == 0xFF
            assert cycles == 9 * divisor + divisor // 2 + 3

        simulate(rx, bench)

    def test_glitch_is_no_start_bit(self) -> None:
        rx = UartReceiver(20)

        async def bench(ctx: Any) -> None:
            ctx.set(rx.rx, 0)
            await ctx.tick().repeat(6)
            ctx.set(rx.rx, 1)
            for _ in range(300):
                assert not ctx.get(rx.o.valid)
                await ctx.tick()

        simulate(rx, bench)

    def test_overrun_keeps_the_first_byte(self) -> None:
        rx = UartReceiver(4)
        overruns = 0

        async def source(ctx: Any) -> None:
            for byte in b"\x11\x22":
                await send_byte(ctx, rx.rx, byte, 4)
            await ctx.tick().repeat(10)
            assert ctx.get(rx.o.payload) == 0x11

        async def watch(ctx: Any) -> None:
            nonlocal overruns
            for _ in range(100):
                overruns += ctx.get(rx.overrun)
                await ctx.tick()

        simulate(rx, source, watch)
        assert overruns == 1

    def test_break_lasts_until_the_line_rises(self) -> None:
        rx = UartReceiver(4)

        async def bench(ctx: Any) -> None:
            ctx.set(rx.rx, 0)
            await ctx.tick().repeat(60)
            assert ctx.get(rx.break_) == 1
            assert ctx.get(rx.o.valid) == 0
            ctx.set(rx.rx, 1)
            await ctx.tick().repeat(4)
            assert ctx.get(rx.break_) == 0
            await send_byte(ctx, rx.rx, 0x42, 4)
            await ctx.tick().repeat(4)
            assert ctx.get(rx.o.valid) == 1
            assert ctx.get(rx.o.payload) == 0x42

        simulate(rx, bench)


@settings(max_examples=15, deadline=None)
@given(bytes_in=st.integers(1, 3), beats_in=st.integers(1, 3), stall=st.sampled_from([0.0, 0.6]))
def test_assembler(bytes_in: int, beats_in: int, stall: float) -> None:
    assembler = BeatAssembler(bytes_in, beats_in)
    sent = bytes(range(1, 1 + 3 * bytes_in * beats_in))
    beats = []

    async def source(ctx: Any) -> None:
        for byte in sent:
            await give(ctx, assembler.i, byte)

    async def sink(ctx: Any) -> None:
        for _ in range(3 * beats_in):
            beats.append(await take(ctx, assembler.o, random.Random(1), stall))

    simulate(assembler, source, sink)
    assert b"".join(beat.data.to_bytes(bytes_in, "little") for beat in beats) == sent
    assert [beat.last for beat in beats] == [*[0] * (beats_in - 1), 1] * 3


def test_assembler_takes_a_byte_in_each_cycle() -> None:
    assembler = BeatAssembler(2, 2)

    async def bench(ctx: Any) -> None:
        ctx.set(assembler.i.valid, 1)
        ctx.set(assembler.o.ready, 1)
        for _ in range(20):
            assert ctx.get(assembler.i.ready) == 1
            await ctx.tick()

    simulate(assembler, bench)


@settings(max_examples=15, deadline=None)
@given(bytes_out=st.integers(1, 3), stall=st.sampled_from([0.0, 0.6]))
def test_splitter(bytes_out: int, stall: float) -> None:
    splitter = BeatSplitter(bytes_out)
    expected = bytes(range(1, 1 + 3 * bytes_out))
    received = []

    async def source(ctx: Any) -> None:
        for n in range(3):
            await give(ctx, splitter.i, int.from_bytes(expected[n * bytes_out :][:bytes_out], "little"))

    async def sink(ctx: Any) -> None:
        for _ in expected:
            received.append(await take(ctx, splitter.o, random.Random(2), stall))

    simulate(splitter, source, sink)
    assert bytes(received) == expected


class Echo:
    """A bridge whose accelerator returns each input beat, its lower half, and stalls at random."""

    def __init__(self, buffer_bytes: int = 16, stall: float = 0.0) -> None:
        self.bridge = UartStreamBridge(2, 3, 1, divisor=4, buffer_bytes=buffer_bytes)
        self.rng = random.Random(3)
        self.stall = stall
        self.done = False
        self.beats: list[tuple[int, int]] = []
        self.received: list[int] = []

    def run(self, host: Callable[[Any], Any]) -> None:
        """``host`` drives the line; ends shortly after it does."""

        async def until_host_is_done(ctx: Any) -> None:
            await host(ctx)
            self.done = True

        simulate(self.bridge, until_host_is_done, self._accelerate, self._listen)

    async def _accelerate(self, ctx: Any) -> None:
        stream = self.bridge.o
        while not self.done:
            ctx.set(stream.ready, self.rng.random() >= self.stall)
            valid, ready, beat = ctx.get(stream.valid), ctx.get(stream.ready), ctx.get(stream.payload)
            await ctx.tick()
            if valid and ready:
                ctx.set(stream.ready, 0)
                self.beats.append((beat.data, beat.last))
                await give(ctx, self.bridge.i, beat.data & 0xFF)

    async def _listen(self, ctx: Any) -> None:
        while not self.done:
            if ctx.get(self.bridge.tx):
                await ctx.tick()
            else:
                self.received.append(await receive_byte(ctx, self.bridge.tx, 4))


class TestBridge:
    @pytest.mark.parametrize("stall", [0.0, 0.95])
    def test_frames(self, stall: float) -> None:
        echo = Echo(stall=stall)

        async def host(ctx: Any) -> None:
            for byte in range(1, 13):
                await send_byte(ctx, echo.bridge.rx, byte, 4)
            await ctx.tick().repeat(400)
            assert ctx.get(echo.bridge.overrun) == 0

        echo.run(host)
        words = [0x0201, 0x0403, 0x0605, 0x0807, 0x0A09, 0x0C0B]
        assert echo.beats == list(zip(words, [0, 0, 1] * 2, strict=True))
        assert echo.received == [word & 0xFF for word in words]

    def test_break_starts_a_frame_anew(self) -> None:
        echo = Echo()

        async def host(ctx: Any) -> None:
            for byte in (0x11, 0x22, 0x33):  # one beat and a half
                await send_byte(ctx, echo.bridge.rx, byte, 4)
            ctx.set(echo.bridge.rx, 0)
            await ctx.tick().repeat(60)
            assert ctx.get(echo.bridge.restart) == 1
            ctx.set(echo.bridge.rx, 1)
            await ctx.tick().repeat(8)
            assert ctx.get(echo.bridge.restart) == 0
            for byte in range(1, 7):
                await send_byte(ctx, echo.bridge.rx, byte, 4)
            await ctx.tick().repeat(100)

        echo.run(host)
        assert echo.beats == [(0x2211, 0), (0x0201, 0), (0x0403, 0), (0x0605, 1)]

    def test_buffer_holds_a_frame(self) -> None:
        bridge = UartStreamBridge(2, 3, 1, divisor=4, buffer_bytes=6)

        async def host(ctx: Any) -> None:
            for byte in range(1, 7):
                await send_byte(ctx, bridge.rx, byte, 4)
            await ctx.tick().repeat(20)
            assert ctx.get(bridge.overrun) == 0
            ctx.set(bridge.o.ready, 1)
            for expected in (0x0201, 0x0403, 0x0605):
                payload, *_ = await ctx.tick().sample(bridge.o.payload).until(bridge.o.valid)
                assert payload.data == expected

        simulate(bridge, host)

    def test_overrun_is_sticky_until_a_break(self) -> None:
        bridge = UartStreamBridge(2, 3, 1, divisor=4, buffer_bytes=2)

        async def host(ctx: Any) -> None:
            for byte in range(1, 7):
                await send_byte(ctx, bridge.rx, byte, 4)
            await ctx.tick().repeat(50)
            assert ctx.get(bridge.overrun) == 1
            ctx.set(bridge.rx, 0)
            await ctx.tick().repeat(50)
            assert ctx.get(bridge.overrun) == 0

        simulate(bridge, host)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UartReceiver(3), "divisor must be at least 4, not 3"),
        (lambda: UartTransmitter(0), "divisor must be at least 4, not 0"),
        (lambda: BeatAssembler(0, 1), "bytes_in must be at least 1, not 0"),
        (lambda: BeatAssembler(1, 0), "beats_in must be at least 1, not 0"),
        (lambda: BeatSplitter(0), "bytes_out must be at least 1, not 0"),
        (
            lambda: UartStreamBridge(1, 1, 1, divisor=4, buffer_bytes=0),
            "buffer_bytes must be at least 1, not 0",
        ),
    ],
)
def test_bad_parameters(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
