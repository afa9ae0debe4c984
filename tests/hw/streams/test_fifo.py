"""Fifo: order, level, exact latency, no combinational path through it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent, simulate

from bnngen_hw.streams.fifo import Fifo

BEATS = [3, 1, 7, 0, 5, 5, 2, 6, 4, 1, 3, 7]
DEPTHS = st.integers(1, 6)


@settings(max_examples=20, deadline=None)
@given(
    depth=DEPTHS, gap=st.sampled_from([0.0, 0.5]), stall=st.sampled_from([0.0, 0.8]), seed=st.integers(0, 99)
)
def test_order(depth: int, gap: float, stall: float, seed: int) -> None:
    assert bench(Fifo(3, depth)).run(BEATS, len(BEATS), gap=gap, stall=stall, seed=seed).outputs == BEATS


@settings(max_examples=15, deadline=None)
@given(depth=DEPTHS, times=st.lists(st.integers(0, 30), min_size=12, max_size=12))
def test_arrivals(depth: int, times: list[int]) -> None:
    bench(Fifo(3, depth)).check_arrivals(BEATS, len(BEATS), times)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_interval(depth: int) -> None:
    bench(Fifo(3, depth)).check_interval([1], 1)


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_holds_exactly_its_depth(depth: int) -> None:
    fifo = Fifo(3, depth)

    async def fill(ctx: Any) -> None:
        ctx.set(fifo.i.valid, 1)
        for level in range(depth + 3):
            assert ctx.get(fifo.level) == min(level, depth)
            assert ctx.get(fifo.i.ready) == (level < depth)
            await ctx.tick()

    simulate(fifo, fill)


@pytest.mark.parametrize("depth", [1, 3])
def test_ready_is_registered(depth: int) -> None:
    ready_is_independent(Fifo(3, depth))


def test_depth_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="FIFO depth must be at least 1, not 0"):
        Fifo(3, 0)
