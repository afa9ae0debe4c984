"""RegisterSlice: order, stability, exact latency, no combinational path through it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent

from bnngen_hw.streams.slice import RegisterSlice

BEATS = [3, 1, 7, 0, 5, 5, 2, 6, 4, 1, 3, 7]


@settings(max_examples=15, deadline=None)
@given(gap=st.sampled_from([0.0, 0.5]), stall=st.sampled_from([0.0, 0.3, 0.8]), seed=st.integers(0, 99))
def test_order(gap: float, stall: float, seed: int) -> None:
    assert bench(RegisterSlice(3)).run(BEATS, len(BEATS), gap=gap, stall=stall, seed=seed).outputs == BEATS


@settings(max_examples=15, deadline=None)
@given(times=st.lists(st.integers(0, 30), min_size=12, max_size=12))
def test_arrivals(times: list[int]) -> None:
    bench(RegisterSlice(3)).check_arrivals(BEATS, len(BEATS), times)


def test_interval() -> None:
    bench(RegisterSlice(3)).check_interval([1], 1)


def test_ready_is_registered() -> None:
    ready_is_independent(RegisterSlice(3))
