"""WindowMaximum against numpy: every encoding, the least as well as the greatest, marks, stalls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.beats import join_words, split_word
from bnngen_hw.encoding import Encoding
from bnngen_hw.pool import WindowMaximum

ENCODINGS = [Encoding("bipolar", 1), Encoding("unsigned", 2), Encoding("signed", 3)]


@st.composite
def pools(draw: st.DrawFn) -> WindowMaximum:
    lanes, words = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    least = np.array(draw(st.lists(st.booleans(), min_size=lanes * words, max_size=lanes * words)))
    taps, positions = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    encoding = draw(st.sampled_from(ENCODINGS))
    return WindowMaximum(encoding, lanes, taps, positions, least, draw(st.booleans()))


def random_beats(pool: WindowMaximum, maps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Codes (maps, positions, words, taps, lanes), and which taps count."""
    shape = (maps, pool.positions, pool.words, pool.taps)
    codes = rng.integers(0, 1 << pool.encoding.bits, (*shape, pool.lanes))
    return codes, rng.random(shape) < (0.6 if pool.marked else 2)


def beats_of(pool: WindowMaximum, codes: np.ndarray, marks: np.ndarray) -> list[int]:
    width = pool.lanes * pool.encoding.bits
    words = codes.reshape(-1, pool.lanes)
    flags = marks.ravel() * pool.marked
    return [join_words(w, pool.encoding.bits) | (int(f) << width) for w, f in zip(words, flags, strict=True)]


def expected(pool: WindowMaximum, codes: np.ndarray, marks: np.ndarray) -> np.ndarray:
    low, high = pool.neutral
    values = pool.encoding.decode(codes)
    there = marks[..., None]
    greatest = np.where(there, values, low).max(axis=3)
    least = np.where(there, values, high).min(axis=3)
    result: np.ndarray = np.where(pool.least.reshape(pool.words, pool.lanes), least, greatest).reshape(
        -1, pool.lanes
    )
    return result


@settings(max_examples=80, deadline=None)
@given(
    pool=pools(), gap=st.sampled_from([0.0, 0.5]), stall=st.sampled_from([0.0, 0.6]), seed=st.integers(0, 99)
)
def test_against_numpy(pool: WindowMaximum, gap: float, stall: float, seed: int) -> None:
    codes, marks = random_beats(pool, 3, np.random.default_rng(seed))
    wanted = expected(pool, codes, marks)
    seen = bench(pool).run(beats_of(pool, codes, marks), len(wanted), gap=gap, stall=stall, seed=seed)
    outputs = [pool.encoding.decode(split_word(o, pool.lanes, pool.encoding.bits)) for o in seen.outputs]
    assert np.array_equal(outputs, wanted)


@settings(max_examples=30, deadline=None)
@given(pool=pools(), data=st.data())
def test_timing(pool: WindowMaximum, data: st.DataObject) -> None:
    beats, results = pool.interval, pool.positions * pool.words
    times = data.draw(st.lists(st.integers(0, 2 * beats), min_size=beats, max_size=beats))
    bench(pool).check_arrivals([0] * beats, results, times)
    bench(pool).check_interval([0] * beats, results)


def test_lanes_divide_the_channels() -> None:
    with pytest.raises(ValueError, match="2 lanes don't divide 3 channels"):
        WindowMaximum(ENCODINGS[0], 2, 4, 1, np.zeros(3, bool))
