"""The CRC-32 in hardware against zlib's."""

from __future__ import annotations

import random
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.edges.crc import Crc32


@settings(max_examples=25, deadline=None)
@given(given_=st.binary(max_size=8), start=st.integers(0, 2**32 - 1), gap=st.sampled_from([0.0, 0.7]))
def test_it_is_zlibs(given_: bytes, start: int, gap: float) -> None:
    """Twice, with a clear between; the second time the value is shifted out byte by byte."""
    crc, rng = Crc32(start), random.Random(0)
    wanted = zlib.crc32(given_, start)
    assert crc.compute(given_) == wanted

    async def bench(ctx: Any) -> None:
        for _ in range(2):
            for byte in given_:
                while rng.random() < gap:
                    await ctx.tick()
                ctx.set(crc.i.payload, byte)
                ctx.set(crc.i.valid, 1)
                await ctx.tick().until(crc.i.ready)
                ctx.set(crc.i.valid, 0)
            while not ctx.get(crc.i.ready):
                await ctx.tick()
            assert ctx.get(crc.value) == wanted
            dropped = []
            for _ in range(4):
                dropped.append(ctx.get(crc.value) & 0xFF)
                ctx.set(crc.drop, 1)
                await ctx.tick().until(crc.i.ready)
                ctx.set(crc.drop, 0)
                while not ctx.get(crc.i.ready):
                    await ctx.tick()
            assert bytes(dropped) == wanted.to_bytes(4, "little")
            ctx.set(crc.clear, 1)
            await ctx.tick()
            ctx.set(crc.clear, 0)

    simulate(crc, bench)


def test_a_byte_takes_nine_cycles() -> None:
    crc = Crc32()
    taken = []

    async def bench(ctx: Any) -> None:
        ctx.set(crc.i.valid, 1)
        for cycle in range(30):
            if ctx.get(crc.i.ready):
                taken.append(cycle)
            await ctx.tick()

    simulate(crc, bench)
    assert taken == [0, 9, 18, 27]


def test_clear_wins_over_a_byte_that_comes() -> None:
    crc = Crc32(5)

    async def bench(ctx: Any) -> None:
        ctx.set(crc.i.valid, 1)
        ctx.set(crc.i.payload, 0x77)
        await ctx.tick().repeat(3)
        ctx.set(crc.clear, 1)
        await ctx.tick()
        assert ctx.get(crc.value) == 5
        assert ctx.get(crc.i.ready) == 1

    simulate(crc, bench)


def test_start_has_32_bits() -> None:
    with pytest.raises(ValueError, match=r"^start must be a number of 32 bits, not 4294967296$"):
        Crc32(1 << 32)
