"""Accumulator: start values by fold, shifts, wrap-around, and cycles that don't count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.components import simulate

from bnngen_hw.arithmetic.accumulate import Accumulator
from bnngen_hw.beats import join_words, split_word

PE, SUM_WIDTH, WIDTH = 3, 4, 7


def results(accumulator: Accumulator, sums: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Results (folds, pe) of sums (folds, beats, pe), with idle cycles full of rubbish in between."""
    seen = []

    async def drive(ctx: Any) -> None:
        for fold, beats in enumerate(sums):
            for k, beat in enumerate(beats):
                ctx.set(accumulator.fold, fold)
                ctx.set(accumulator.valid, 0)
                ctx.set(accumulator.sums, int(rng.integers(0, 1 << (PE * SUM_WIDTH))))
                await ctx.tick()
                ctx.set(accumulator.valid, 1)
                ctx.set(accumulator.first, k == 0)
                ctx.set(accumulator.sums, join_words(beat, SUM_WIDTH))
                await ctx.tick()
            seen.append(split_word(ctx.get(accumulator.acc), PE, WIDTH))

    simulate(accumulator, drive)
    return np.array(seen)


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("beats", [1, 4])
@pytest.mark.parametrize("start", ["zero", "constant", "table"])
def test_sums(shift: int, beats: int, start: str) -> None:
    rng = np.random.default_rng(beats)
    sums = rng.integers(0, 1 << SUM_WIDTH, (5, beats, PE))
    begins = {"zero": np.zeros((5, PE), int), "constant": np.tile([-1, 5, -60], (5, 1))}
    begin = begins.get(start, rng.integers(-64, 64, (5, PE)))
    accumulator = Accumulator(PE, SUM_WIDTH, WIDTH, begin, shift, single=beats == 1)
    wanted = (begin + (sums.sum(axis=1) << shift)) % (1 << WIDTH)
    assert np.array_equal(results(accumulator, sums, rng), wanted)


def test_equal_starts_need_no_table() -> None:
    assert Accumulator(2, 4, 6, np.array([[1, 2], [1, 2]])).roms[0].bits == 0
    assert Accumulator(2, 4, 6, np.array([[1, 2], [1, 3]])).roms[0].bits == 2 * 2 * 6
