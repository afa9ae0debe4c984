"""ThresholdUnit against counting, in every case of levels, folds, inversion and output encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import simulate

from bnngen_hw.arithmetic.threshold import ThresholdUnit
from bnngen_hw.beats import join_words, split_word
from bnngen_hw.encoding import Encoding

ACC = st.sampled_from([Encoding("unsigned", 1), Encoding("unsigned", 6), Encoding("signed", 6)])


def values_of(unit: ThresholdUnit, acc: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """The values for accumulators (n, pe), one row a cycle, the fold one cycle ahead."""
    codes = []

    async def drive(ctx: Any) -> None:
        for cycle in range(len(acc) + 1 + unit.latency):
            if cycle < len(acc):
                ctx.set(unit.fold, int(fold[cycle]))
            if 1 <= cycle <= len(acc):
                codes_in = unit.acc_encoding.encode(acc[cycle - 1])
                ctx.set(unit.acc, join_words(codes_in, unit.acc_encoding.bits))
            if cycle > unit.latency:
                codes.append(split_word(ctx.get(unit.codes), unit.pe, unit.out.bits))
            await ctx.tick()

    simulate(unit, drive)
    return unit.out.decode(np.array(codes))


def case(
    seed: int, pe: int, folds: int, levels: int, acc: Encoding, inverts: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random thresholds around the accumulators' range, some equal, some never or always reached."""
    rng = np.random.default_rng(seed)
    thresholds = np.sort(rng.integers(acc.lo - 3, acc.hi + 4, (pe * folds, levels)), axis=1)
    invert = {"no": np.zeros, "all": np.ones}.get(inverts, lambda n: rng.integers(0, 2, n))(pe * folds)
    values = rng.integers(acc.lo, acc.hi + 1, (12, pe))
    return thresholds, invert.astype(bool), values, rng.integers(0, folds, 12)


@pytest.mark.parametrize("levels", [1, 2, 3, 4, 6, 7, 8, 15, 20])
@settings(max_examples=6, deadline=None)
@given(
    acc=ACC,
    pe=st.integers(1, 3),
    folds=st.integers(1, 3),
    inverts=st.sampled_from(["no", "all", "some"]),
    out_lo=st.sampled_from([0, -5, 3]),
    seed=st.integers(0, 999),
)
def test_against_counting(
    levels: int, acc: Encoding, pe: int, folds: int, inverts: str, out_lo: int, seed: int
) -> None:
    thresholds, invert, values, fold = case(seed, pe, folds, levels, acc, inverts)
    out = Encoding.for_range(out_lo, out_lo + levels)
    unit = ThresholdUnit(pe, acc, thresholds, invert, out, out_lo)
    wanted = []
    for row, f in zip(values, fold, strict=True):
        rows = [f * pe + p for p in range(pe)]
        counts = [sum(a >= t for t in thresholds[r]) for a, r in zip(row, rows, strict=True)]
        wanted.append([out_lo + (levels - c if invert[r] else c) for c, r in zip(counts, rows, strict=True)])
    assert np.array_equal(unit.compute(values, fold), wanted)
    assert np.array_equal(values_of(unit, values, fold), wanted)


@pytest.mark.parametrize("inverts", ["no", "some"])
def test_bipolar(inverts: str) -> None:
    acc = Encoding("signed", 5)
    thresholds, invert, values, fold = case(3, 4, 2, 1, acc, inverts)
    unit = ThresholdUnit(4, acc, thresholds, invert, Encoding("bipolar", 1))
    rows = fold[:, None] * 4 + np.arange(4)
    wanted = np.where((values >= thresholds[rows, 0]) ^ invert[rows], 1, -1)
    assert np.array_equal(values_of(unit, values, fold), wanted)


@pytest.mark.parametrize(("levels", "latency"), [(1, 1), (3, 1), (7, 3), (4, 4), (15, 4), (16, 6), (255, 8)])
def test_latency(levels: int, latency: int) -> None:
    thresholds = np.arange(levels)[None]
    out = Encoding.for_range(0, levels)
    assert ThresholdUnit(1, Encoding("unsigned", 9), thresholds, None, out).latency == latency


def test_tables_of_one_fold_are_constants() -> None:
    acc, out = Encoding("unsigned", 6), Encoding("unsigned", 2)
    thresholds = np.array([[1, 2], [3, 4]])
    assert sum(rom.bits for rom in ThresholdUnit(2, acc, thresholds, None, out).roms) == 0
    assert sum(rom.bits for rom in ThresholdUnit(1, acc, thresholds, None, out).roms) == 2 * 2 * 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thresholds": [[1, 2], [4, 3]]}, "row 1 are not in ascending order"),
        ({"thresholds": [[1, 2]]}, "1 rows are not whole folds of 2 lanes"),
        ({"thresholds": [1, 2]}, r"shape \(rows, 1 to 255\), not \(2,\)"),
        ({"invert": [True]}, "one flag for each of 2 rows"),
        ({"out": Encoding("unsigned", 1)}, r"outputs \[0, 2\] do not fit 1 unsigned bits"),
        ({"out": Encoding("bipolar", 1)}, "exactly 1 threshold per row, not 2"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    good = {"thresholds": [[1, 2], [3, 4]], "invert": None, "out": Encoding("unsigned", 2)}
    with pytest.raises(ValueError, match=message):
        ThresholdUnit(2, Encoding("unsigned", 4), **{**good, **changes})
