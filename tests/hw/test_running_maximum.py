"""RunningMaximum against numpy: every encoding, the least as well as the greatest, gaps, stalls, timing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.beats import join_words, split_word
from bnngen_hw.encoding import Encoding
from bnngen_hw.running_maximum import RunningMaximum

ENCODINGS = [Encoding("bipolar", 1), Encoding("unsigned", 2), Encoding("signed", 3)]


@st.composite
def pools(draw: st.DrawFn) -> RunningMaximum:
    lanes, words = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    least = np.array(draw(st.lists(st.booleans(), min_size=lanes * words, max_size=lanes * words)))
    return RunningMaximum(draw(st.sampled_from(ENCODINGS)), lanes, draw(st.integers(1, 5)), least)


@settings(max_examples=80, deadline=None)
@given(
    pool=pools(), gap=st.sampled_from([0.0, 0.5]), stall=st.sampled_from([0.0, 0.6]), seed=st.integers(0, 99)
)
def test_against_numpy(pool: RunningMaximum, gap: float, stall: float, seed: int) -> None:
    bits, lanes = pool.encoding.bits, pool.lanes
    codes = np.random.default_rng(seed).integers(0, 1 << bits, (3, pool.positions, len(pool.least)))
    beats = [join_words(word, bits) for word in codes.reshape(-1, lanes)]
    seen = bench(pool).run(beats, 3 * pool.words, gap=gap, stall=stall, seed=seed)
    outputs = [pool.encoding.decode(split_word(o, lanes, bits)) for o in seen.outputs]
    assert np.array_equal(np.reshape(outputs, (3, -1)), pool.compute(pool.encoding.decode(codes)))


@settings(max_examples=30, deadline=None)
@given(pool=pools(), data=st.data())
def test_timing(pool: RunningMaximum, data: st.DataObject) -> None:
    beats = pool.interval
    times = data.draw(st.lists(st.integers(0, 2 * beats), min_size=beats, max_size=beats))
    bench(pool).check_arrivals([0] * beats, pool.words, times)
    bench(pool).check_interval([0] * beats, pool.words)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="2 lanes don't divide 3 channels"):
        RunningMaximum(ENCODINGS[0], 2, 4, np.zeros(3, bool))
    with pytest.raises(ValueError, match="at least one position, not 0"):
        RunningMaximum(ENCODINGS[0], 1, 0, np.zeros(3, bool))
