"""DotProduct: bits and offsets give exactly the dot product, for every pair of encodings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.arithmetic.compressors import Weights
from bnngen_hw.arithmetic.dot import DotProduct
from bnngen_hw.arithmetic.product_code import ProductCode
from bnngen_hw.beats import join_words, split_word
from bnngen_hw.encoding import Encoding
from bnngen_hw.target import Target

BIPOLAR = Encoding("bipolar", 1)
INTEGERS = [Encoding(kind, bits) for kind in ("unsigned", "signed") for bits in (1, 2, 3)]
ENCODINGS = [BIPOLAR, *INTEGERS]
TARGET = Target()


def raw_sums(dot: DotProduct, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Raw sums (n, pe) for inputs (n, simd) and weights (n, pe, simd), one of each a cycle."""
    seen = []

    async def drive(ctx: Any) -> None:
        for cycle in range(len(x) + dot.latency):
            if cycle < len(x):
                codes = x[cycle] if x.shape[1] > dot.simd else np.tile(x[cycle], dot.copies)
                ctx.set(dot.x, join_words(codes, dot.x_encoding.bits))
                ctx.set(dot.w, *dot.pack_weights(weights[cycle][None]))
            if cycle >= dot.latency:
                seen.append(split_word(ctx.get(dot.sums), dot.pe, dot.width))
            await ctx.tick()

    simulate(dot, drive)
    return np.array(seen)


@pytest.mark.parametrize("w", ENCODINGS, ids=str)
@pytest.mark.parametrize("x", ENCODINGS, ids=str)
@settings(max_examples=3, deadline=None)
@given(
    simd=st.integers(1, 9),
    pe=st.integers(1, 3),
    spare=st.integers(0, 2),
    target=st.sampled_from([Target(4, 1), Target(4, 2), Target(6, 1), Target(6, 2)]),
    source=st.sampled_from(["any", "counted", "constant"]),
    seed=st.integers(0, 999),
)
def test_raw_sum_and_offset_are_the_dot_product(
    x: Encoding, w: Encoding, simd: int, pe: int, spare: int, target: Target, source: Weights, seed: int
) -> None:
    """The last ``spare`` lanes hold no element: input code 0, neutral weight."""
    rng, real = np.random.default_rng(seed), max(1, simd - spare)
    dot = DotProduct(simd, pe, x, w, target, source)
    codes = rng.integers(0, 1 << x.bits, (6, simd))
    weights = w.decode(rng.integers(0, 1 << w.bits, (6, pe, simd)))
    codes[:, real:], weights[:, :, real:] = 0, dot.code.neutral_weight
    raw = raw_sums(dot, codes, weights)
    for values, rows, sums in zip(x.decode(codes), weights, raw, strict=True):
        wanted = rows[:, :real] @ values[:real]
        assert np.array_equal(dot.code.gain * sums + dot.code.offset(rows[:, :real], simd), wanted)


@pytest.mark.parametrize("x", ENCODINGS, ids=str)
def test_model(x: Encoding) -> None:
    dot = DotProduct(4, 2, x, Encoding("signed", 2), TARGET)
    rng = np.random.default_rng(5)
    codes, weights = rng.integers(0, 1 << x.bits, (6, 4)), rng.integers(-2, 2, (2, 4))
    raw = raw_sums(dot, codes, np.broadcast_to(weights, (6, 2, 4)))
    assert np.array_equal(raw, dot.compute(x.decode(codes), weights))


def test_binary_products_are_popcounts() -> None:
    """One bit per product, no constants but -K: 1,1,0,1 against 1,0,0,1 agree in three places."""
    dot = DotProduct(4, 1, BIPOLAR, BIPOLAR, TARGET)
    assert dot.compute(np.array([[1, 1, -1, 1]]), np.array([[1, -1, -1, 1]])).tolist() == [[3]]
    assert ProductCode(BIPOLAR, BIPOLAR).offset(np.ones((1, 4), int), 6).tolist() == [-4]
    assert dot.width == 3


def test_weights_lie_lane_by_lane() -> None:
    dot = DotProduct(2, 3, BIPOLAR, Encoding("signed", 2), TARGET)
    assert dot.pack_weights(np.array([[[1, 0], [-1, 0], [0, -2]]] * 2)) == [0b100_000_010_011] * 2


def test_each_copy_of_the_input_drives_its_lanes() -> None:
    dot = DotProduct(2, 3, BIPOLAR, BIPOLAR, Target(fanout=2))
    weights = np.array([[[1, 1], [1, -1], [1, 1]]])
    seen = raw_sums(dot, np.array([[1, 1, 0, 0]]), weights)
    assert (dot.copies, seen.tolist()) == (2, [[2, 1, 0]])


def test_no_lanes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one lane, not 0"):
        DotProduct(0, 1, BIPOLAR, BIPOLAR, TARGET)
