"""BitHeap: the hardware gives the plain sum of its products, on every fabric, after the promised cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.arithmetic.compressors import Weights
from bnngen_hw.arithmetic.heap import BitHeap, heap_max
from bnngen_hw.arithmetic.product_code import Gate
from bnngen_hw.beats import join_words, split_word
from bnngen_hw.target import Target

GATES = {
    "xnor": lambda x, w: 1 - (x ^ w),
    "xor": lambda x, w: x ^ w,
    "and": lambda x, w: x & w,
    "nand": lambda x, w: 1 - (x & w),
}
COLUMNS = st.lists(st.lists(st.sampled_from(sorted(GATES)), max_size=20), min_size=1, max_size=5).filter(any)
TARGETS = [Target(4, 1), Target(4, 2), Target(4, 5), Target(6, 1), Target(6, 2), Target(4, 2, fanout=2)]


@settings(max_examples=60, deadline=None)
@given(
    columns=COLUMNS,
    pe=st.integers(1, 3),
    target=st.sampled_from(TARGETS),
    weights=st.sampled_from(["any", "counted", "constant"]),
    seed=st.integers(0, 999),
)
def test_sums(columns: list[list[Gate]], pe: int, target: Target, weights: Weights, seed: int) -> None:
    heap = BitHeap(columns, pe, target, weights)
    rng, products = np.random.default_rng(seed), sum(map(len, columns))
    x, w = rng.integers(0, 2, (8, products, 1)), rng.integers(0, 2, (8, products, pe))
    x[0], w[0], x[1], w[1] = 0, 0, 1, 1
    gates = [(GATES[gate], 1 << column) for column, gates in enumerate(columns) for gate in gates]
    wanted = sum(gate(x[:, k], w[:, k]) * weight for k, (gate, weight) in enumerate(gates))
    seen = []

    async def drive(ctx: Any) -> None:
        for cycle in range(len(x) + heap.latency):
            if cycle < len(x):
                ctx.set(heap.x, join_words(x[cycle].repeat(heap.copies), 1))
                ctx.set(heap.w, join_words(w[cycle].ravel(), 1))
            if cycle >= heap.latency:
                seen.append(split_word(ctx.get(heap.sums), pe, heap.width))
            await ctx.tick()

    simulate(heap, drive)
    assert np.array_equal(seen, wanted)


@pytest.mark.parametrize(
    ("height", "target", "latency"),
    [
        (1, Target(4, 2), 1),
        (2, Target(4, 2), 1),
        (3, Target(4, 1), 1),
        (4, Target(4, 1), 2),
        (13, Target(4, 2), 2),
        (64, Target(4, 2), 4),
        (64, Target(4, 9), 1),
        (64, Target(6, 1), 7),
    ],
)
def test_latency(height: int, target: Target, latency: int) -> None:
    assert BitHeap([["and"] * height], 1, target).latency == latency


def test_greatest_sum() -> None:
    assert heap_max([3, 0, 2]) == 11


@pytest.mark.parametrize(("columns", "pe"), [([], 1), ([[]], 1), ([["and"]], 0)])
def test_refusals(columns: list[list[Gate]], pe: int) -> None:
    with pytest.raises(ValueError, match="a bit heap needs at least one"):
        BitHeap(columns, pe, Target())
