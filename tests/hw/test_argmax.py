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


@st.composite
def of_maps(draw: st.DrawFn) -> ArgMax:
    """At several positions, with and without offsets, in lanes that divide the scores."""
    elements, score = draw(st.integers(1, 6)), draw(SCORES)
    lanes = draw(st.sampled_from([k for k in range(1, elements + 1) if elements % k == 0]))
    shift = draw(st.integers(0, 3))
    offsets = draw(st.sampled_from([(), tuple(draw(st.integers(-20, 20)) for _ in range(elements))]))
    return ArgMax(elements, score, lanes, draw(st.integers(1, 4)), shift, offsets)


@settings(max_examples=60, deadline=None)
@given(
    argmax=of_maps(),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 99),
)
def test_maps_and_offsets(argmax: ArgMax, gap: float, stall: float, seed: int) -> None:
    score, count = argmax.score, 3 * argmax.positions
    scores = score.decode(np.random.default_rng(seed).integers(0, 1 << score.bits, (count, argmax.elements)))
    beats = to_beats(scores, score, argmax.lanes)
    seen = bench(argmax).run(beats, count, gap=gap, stall=stall, seed=seed)
    offsets = argmax.offsets or (0,) * argmax.elements
    moved = [[int(v) * 2**argmax.shift + b for v, b in zip(row, offsets, strict=True)] for row in scores]
    wanted = [row.index(max(row)) for row in (moved if argmax.offsets else scores.tolist())]
    assert seen.outputs == wanted == argmax.compute(scores).tolist()


@settings(max_examples=20, deadline=None)
@given(argmax=of_maps(), data=st.data())
def test_timing_of_maps(argmax: ArgMax, data: st.DataObject) -> None:
    beats = argmax.beats * argmax.positions
    times = data.draw(st.lists(st.integers(0, 20), min_size=beats, max_size=beats))
    bench(argmax).check_arrivals([0] * beats, argmax.positions, times)
    bench(argmax).check_interval([0] * beats, argmax.positions)


@settings(max_examples=20, deadline=None)
@given(elements=st.integers(1, 9), lanes=st.integers(1, 4), seed=st.integers(0, 9))
def test_offsets_in_lanes_that_are_not_full(elements: int, lanes: int, seed: int) -> None:
    random, score = np.random.default_rng(seed), Encoding("signed", 3)
    scores, offsets = random.integers(-4, 4, (4, elements)), random.integers(-9, 9, elements)
    argmax = ArgMax(elements, score, lanes, shift=1, offsets=offsets.tolist())
    seen = bench(argmax).run(to_beats(scores, score, lanes), 4)
    assert seen.outputs == (scores * 2 + offsets).argmax(axis=1).tolist()


def test_ready_is_registered() -> None:
    ready_is_independent(ArgMax(6, Encoding("signed", 3), 2))


def test_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one element and lane, not 0 and 1"):
        ArgMax(0, Encoding("signed", 3), 1)
    with pytest.raises(ValueError, match="2 lanes don't take 3 scores at each of 4 positions"):
        ArgMax(3, Encoding("signed", 3), 2, 4)
    with pytest.raises(ValueError, match="2 offsets are given for 3 scores"):
        ArgMax(3, Encoding("signed", 3), 1, offsets=(1, 2))
