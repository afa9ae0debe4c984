"""CreditFifo: the depth for full rate is enough and is the least."""

from __future__ import annotations

import pytest
from support.components import Pipeline, bench, ready_is_independent

from bnngen_hw.streams.pack import Pack
from bnngen_hw.timing import full_rate_depth


@pytest.mark.parametrize("latency", [1, 2, 5])
def test_depth_for_full_rate(latency: int) -> None:
    beats = [k % 16 for k in range(40)]
    depth = full_rate_depth(latency, 1)
    full = bench(Pipeline(4, latency, depth)).run(beats, 40)
    assert full.outputs == beats
    assert full.given == list(range(latency, latency + 40))
    slower = bench(Pipeline(4, latency, depth - 1)).run(beats, 40)
    assert slower.outputs == beats
    assert slower.given[-1] > full.given[-1]


def test_results_that_come_seldom_need_less() -> None:
    assert [full_rate_depth(7, spacing) for spacing in (1, 2, 3, 8, 9)] == [8, 4, 3, 1, 1]


@pytest.mark.parametrize("latency", [1, 4])
def test_nothing_is_lost_under_backpressure(latency: int) -> None:
    beats = [(7 * k) % 16 for k in range(60)]
    seen = bench(Pipeline(4, latency, 3)).run(beats, 60, gap=0.1, stall=0.7, seed=3)
    assert seen.outputs == beats


def test_free_is_registered() -> None:
    ready_is_independent(Pipeline(4, 3, 2))


def test_a_combinational_ready_is_noticed() -> None:
    """The check itself can fail: a `Pack` passes ``ready`` through."""
    with pytest.raises(AssertionError, match=r"i\.ready depends on an input"):
        ready_is_independent(Pack(4, 2, 2))
