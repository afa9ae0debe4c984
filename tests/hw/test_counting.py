"""Counters and blocks."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from support.components import simulate

from bnngen_hw.counting import BlockCounter, Counter, block_sizes, delay_line


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_counter(limit: int) -> None:
    m, enable = Module(), Signal()
    counter = Counter(limit, "n").build(m, enable)

    async def drive(ctx: Any) -> None:
        for cycle in range(12):
            ctx.set(enable, 1)
            assert ctx.get(counter.value) == cycle % limit
            assert ctx.get(counter.last) == (cycle % limit == limit - 1)
            await ctx.tick()
            ctx.set(enable, 0)
            await ctx.tick()

    simulate(m, drive)


@pytest.mark.parametrize(("beats", "per_block"), [(6, 3), (7, 3), (2, 3), (3, 1), (1, 1), (5, 4)])
def test_block_counter(beats: int, per_block: int) -> None:
    m = Module()
    blocks, seen = BlockCounter(beats, per_block, "b").build(m, Signal(init=1)), []

    async def drive(ctx: Any) -> None:
        for _ in range(3 * beats):
            seen.append((ctx.get(blocks.end), ctx.get(blocks.short)))
            await ctx.tick()

    simulate(m, drive)
    frame = [(k == size - 1, size < per_block) for size in block_sizes(beats, per_block) for k in range(size)]
    assert seen == frame * 3


def test_block_sizes() -> None:
    assert block_sizes(7, 3) == [3, 3, 1]
    assert block_sizes(6, 3) == [3, 3]
    assert block_sizes(2, 3) == [2]


def test_delay_line() -> None:
    m, signal = Module(), Signal(3)
    line = delay_line(m, signal, 2)

    async def drive(ctx: Any) -> None:
        for value, wanted in [(5, [5, 0, 0]), (3, [3, 5, 0]), (0, [0, 3, 5])]:
            ctx.set(signal, value)
            assert [ctx.get(late) for late in line] == wanted
            await ctx.tick()

    simulate(m, drive)


def test_limit_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="counter beat: the limit must be at least 1, not 0"):
        Counter(0, "beat")
