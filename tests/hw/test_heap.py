"""BitHeap: the plan keeps the sum and reaches the least depth; the hardware is the plain sum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen_hw.beats import join_words, split_word
from bnngen_hw.heap import BitHeap, apply_level, heap_latency, heap_max, plan_levels

HEIGHTS = st.lists(st.integers(0, 20), min_size=1, max_size=6).filter(sum)


def heap_after(heights, levels):
    for level in levels:
        heights = apply_level(heights, level)
    return heights


@given(heights=HEIGHTS)
def test_plan_ends_with_two_rows(heights):
    assert max(heap_after(heights, plan_levels(heights))) <= 2


@pytest.mark.parametrize(
    ("height", "levels"), [(2, 0), (3, 1), (4, 2), (6, 3), (9, 4), (13, 5), (28, 7), (63, 9)]
)
def test_plan_has_the_least_depth(height, levels):
    """Dadda's heights: the most that full adders bring down to two rows in this many levels."""
    assert len(plan_levels([height] * 16)) == levels
    assert len(plan_levels([height + 1] * 16)) == levels + 1


@settings(max_examples=40, deadline=None)
@given(heights=HEIGHTS, pe=st.integers(1, 3), stage=st.integers(1, 4), seed=st.integers(0, 999))
def test_sums(make_bench, heights, pe, stage, seed):
    heap = BitHeap(heights, pe, stage)
    bits = np.random.default_rng(seed).integers(0, 2, (8, sum(heights), pe))
    bits[0], bits[1] = 0, 1
    weights = np.repeat(1 << np.arange(len(heights)), heights)
    seen = []

    async def drive(ctx):
        for cycle in range(len(bits) + heap.latency):
            if cycle < len(bits):
                ctx.set(heap.bits, join_words(bits[cycle].ravel(), 1))
            if cycle >= heap.latency:
                seen.append(split_word(ctx.get(heap.sums), pe, heap.width))
            await ctx.tick()

    make_bench(heap, None, None).simulate(drive)
    assert np.array_equal(seen, np.einsum("nbp,b->np", bits, weights))


@pytest.mark.parametrize(
    ("heights", "stage", "latency"),
    [([1], 2, 1), ([2], 2, 1), ([3], 1, 1), ([4], 1, 2), ([13], 2, 2), ([64], 2, 4), ([64], 9, 1)],
)
def test_latency(heights, stage, latency):
    assert heap_latency(heights, stage) == BitHeap(heights, 1, stage).latency == latency


def test_greatest_sum():
    assert heap_max([3, 0, 2]) == 11


@pytest.mark.parametrize(("heights", "pe", "stage"), [([], 1, 1), ([0], 1, 1), ([3], 0, 1), ([3], 1, 0)])
def test_refusals(heights, pe, stage):
    with pytest.raises(ValueError, match="a bit heap needs at least one"):
        BitHeap(heights, pe, stage)
