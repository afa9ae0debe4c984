"""ArgMax against numpy: ties, padding lanes, every encoding; exact cycles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench, ready_is_independent

from bnngen_hw.argmax import ArgMax
from bnngen_hw.beats import to_beats
from bnngen_hw.encoding import Encoding

SIGNED = [Encoding("signed", 2), Encoding("signed", 5)]
SCORES = st.sampled_from([*SIGNED, Encoding("unsigned", 2), Encoding("bipolar", 1)])
SHAPES = st.tuples(st.integers(1, 11), SCORES, st.integers(1, 6))


@settings(max_examples=60, deadline=None)
@given(
    shape=SHAPES,
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 999),
)
def test_against_numpy(shape: tuple[int, Encoding, int], gap: float, stall: float, seed: int) -> None:
    elements, score, lanes = shape
    scores = score.decode(np.random.default_rng(seed).integers(0, 1 << score.bits, (5, elements)))
    argmax = ArgMax(*shape)
    seen = bench(argmax).run(to_beats(scores, score, lanes), 5, gap=gap, stall=stall, seed=seed)
    wanted = [int(np.flatnonzero(row == row.max())[0]) for row in scores]
    assert seen.outputs == wanted == argmax.compute(scores).tolist()


def test_least_scores_beat_padding_lanes() -> None:
    """All scores at the bottom of a signed range: the zero bits of unfilled lanes would be greater."""
    score = Encoding("signed", 4)
    assert bench(ArgMax(5, score, 4)).run(to_beats(np.full((2, 5), -8), score, 4), 2).outputs == [0, 0]


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, data=st.data())
def test_timing(shape: tuple[int, Encoding, int], data: st.DataObject) -> None:
    argmax = ArgMax(*shape)
    times = data.draw(st.lists(st.integers(0, 20), min_size=argmax.beats, max_size=argmax.beats))
    bench(argmax).check_arrivals([0] * argmax.beats, 1, times)
    bench(argmax).check_interval([0] * argmax.beats, 1)


def test_ready_is_registered() -> None:
    ready_is_independent(ArgMax(6, Encoding("signed", 3), 2))


def test_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one element and lane, not 0 and 1"):
        ArgMax(0, Encoding("signed", 3), 1)
