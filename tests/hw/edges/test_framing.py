"""Requests taken apart and answers checked, against a model of bytes to bytes."""

from __future__ import annotations

import random
import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.edges.bytes import BeatAssembler
from bnngen_hw.edges.framing import AnswerWriter, RequestReader
from bnngen_hw.edges.protocol import HEADER, answer_check, request_check

STALLS = st.sampled_from([0.0, 0.8])


def test_the_checks_in_plain_words() -> None:
    request = request_check(b"\x01\x02", 0x12345678)
    assert request == zlib.crc32(b"\x01\x02", 0x12345678)
    assert answer_check(b"\x09", request) == zlib.crc32(b"\x09" + request.to_bytes(4, "big"))


async def send(ctx: Any, stream: Any, items: list[int], rng: random.Random, gap: float) -> None:
    for item in items:
        while rng.random() < gap:
            await ctx.tick()
        ctx.set(stream.payload, item)
        ctx.set(stream.valid, 1)
        await ctx.tick().until(stream.ready)
        ctx.set(stream.valid, 0)


async def receive(ctx: Any, stream: Any, count: int, rng: random.Random, stall: float) -> list[int]:
    found = []
    for _ in range(count):
        while rng.random() < stall:
            await ctx.tick()
        ctx.set(stream.ready, 1)
        payload, *_ = await ctx.tick().sample(stream.payload).until(stream.valid)
        ctx.set(stream.ready, 0)
        found.append(payload)
    return found


def read_requests(line: bytes, size: int, design: int) -> tuple[bytes, list[int]]:
    """The model: the frames in what comes over the line, and the check of each whole one."""
    passed, checks = b"", []
    while HEADER in line:
        line = line[line.index(HEADER) + 1 :]
        frame, line = line[:size], line[size:]
        passed += frame
        if len(frame) == size:
            checks.append(request_check(frame, design))
    return passed, checks


@settings(max_examples=30, deadline=None)
@given(
    line=st.lists(st.sampled_from([HEADER, HEADER, 0, 1, 0xFF]), min_size=1, max_size=20),
    size=st.integers(1, 4),
    gap=STALLS,
    stall=STALLS,
)
def test_requests(line: list[int], size: int, gap: float, stall: float) -> None:
    """Behind the reader the counter that says which byte is a frame's last."""
    reader, rng = RequestReader(7), random.Random(1)
    passed, checks = read_requests(bytes(line), size, 7)
    found: dict[str, list[int]] = {}

    async def source(ctx: Any) -> None:
        await send(ctx, reader.i, line, rng, gap)

    async def frames(ctx: Any) -> None:
        found["bytes"] = []
        for number in range(len(passed)):
            ctx.set(reader.last, number % size == size - 1)
            found["bytes"] += await receive(ctx, reader.o, 1, rng, stall)

    async def words(ctx: Any) -> None:
        found["checks"] = await receive(ctx, reader.check, len(checks), rng, stall)

    simulate(reader, source, frames, words)
    assert bytes(found["bytes"]) == passed
    assert found["checks"] == checks


def test_a_request_waits_until_the_check_before_is_taken() -> None:
    reader = RequestReader()

    async def bench(ctx: Any) -> None:
        ctx.set(reader.o.ready, 1)
        ctx.set(reader.last, 1)
        ctx.set(reader.i.valid, 1)
        ctx.set(reader.i.payload, HEADER)
        cycles = 0
        while not ctx.get(reader.check.valid):
            await ctx.tick()
            cycles += 1
        assert cycles == 10  # the header, and 9 from the only byte to its check
        for _ in range(30):
            assert ctx.get(reader.i.ready) == 0
            await ctx.tick()
        assert ctx.get(reader.check.payload) == request_check(bytes([HEADER]), 0)

    simulate(reader, bench)


@settings(max_examples=30, deadline=None)
@given(
    answers=st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=3),
    seed=st.integers(0, 99),
    gap=STALLS,
    stall=STALLS,
)
def test_answers(answers: list[bytes], seed: int, gap: float, stall: float) -> None:
    """Whichever comes first, the answer or the check of its request."""
    writer, rng = AnswerWriter(), random.Random(seed)
    checks = [rng.getrandbits(32) for _ in answers]
    pairs = list(zip(answers, checks, strict=True))
    wanted = b"".join(a + answer_check(a, c).to_bytes(4, "little") for a, c in pairs)
    found = []

    async def source(ctx: Any) -> None:
        for answer in answers:
            for place, byte in enumerate(answer):
                ctx.set(writer.last, place == len(answer) - 1)
                await send(ctx, writer.i, [byte], rng, gap)

    async def words(ctx: Any) -> None:
        await send(ctx, writer.check, checks, rng, 0.99 if gap else 0.0)

    async def sink(ctx: Any) -> None:
        found.extend(await receive(ctx, writer.o, len(wanted), rng, stall))

    simulate(writer, source, words, sink)
    assert bytes(found) == wanted


def test_the_check_of_an_answer_comes_at_once() -> None:
    writer = AnswerWriter()
    given_at = []

    async def bench(ctx: Any) -> None:
        ctx.set(writer.check.valid, 1)
        ctx.set(writer.i.valid, 1)
        ctx.set(writer.last, 1)
        ctx.set(writer.o.ready, 1)
        for cycle in range(85):
            if ctx.get(writer.o.valid):
                given_at.append(cycle)
            await ctx.tick()

    simulate(writer, bench)
    assert given_at[:5] == [0, 45, 54, 63, 72]


def test_last_is_the_last_byte_of_the_last_beat() -> None:
    assembler = BeatAssembler(2, 3)
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(assembler.i.valid, 1)
        ctx.set(assembler.o.ready, 1)
        for _ in range(12):
            seen.append(ctx.get(assembler.last))
            await ctx.tick()

    simulate(assembler, bench)
    assert seen == [0, 0, 0, 0, 0, 1] * 2
