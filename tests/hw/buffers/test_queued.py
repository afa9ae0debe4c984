"""Queued: the part's output, and a queue that is as long as said."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.buffers.queued import Queued
from bnngen_hw.streams.width import WidthConverter

Shape = tuple[int, int, int, int]
SHAPES = st.tuples(st.integers(2, 12), st.integers(1, 2), st.integers(1, 6), st.integers(1, 4))
STEPS = st.sampled_from([1, 1, 1, 2, 9])


def queued(shape: Shape, capacity: int = 2) -> Queued:
    converter = WidthConverter(*shape)
    return Queued(converter, converter.i_beats, capacity)


@settings(max_examples=30, deadline=None)
@given(
    shape=SHAPES,
    capacity=st.integers(1, 5),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_the_frames_of_the_part(shape: Shape, capacity: int, gap: float, stall: float, seed: int) -> None:
    part = queued(shape, capacity)
    converter = WidthConverter(*shape)
    beats = np.random.default_rng(seed).integers(0, 1 << shape[1] * shape[2], 3 * converter.i_beats).tolist()
    expected = 3 * converter.o_beats
    alone = bench(converter).run(beats, expected).outputs
    assert bench(part).run(beats, expected, gap=gap, stall=stall, seed=seed, pace=3).outputs == alone


@settings(max_examples=60, deadline=None)
@given(data=st.data(), shape=SHAPES)
def test_no_word_waits_and_none_would_with_more_room(data: st.DataObject, shape: Shape) -> None:
    """With as many words as said each is taken when it comes, and the output comes as promised; with one less
    some word waits."""
    probe, frames = queued(shape), 3
    n, expected = frames * probe.beats, frames * probe.part.o_beats
    times = np.cumsum(data.draw(st.lists(STEPS, min_size=n, max_size=n)))
    (held,) = probe.words_held(times)
    roomy = queued(shape, held)
    seen = bench(roomy).run([0] * n, expected, times=times.tolist())
    assert seen.taken == times.tolist()
    assert seen.offered == roomy.arrivals(times).tolist()
    if held > 1:
        seen = bench(queued(shape, held - 1)).run([0] * n, expected, times=times.tolist())
        assert seen.taken != times.tolist()


@settings(max_examples=20, deadline=None)
@given(shape=SHAPES)
def test_the_interval_is_that_of_the_part(shape: Shape) -> None:
    probe = queued(shape, 16)
    assert probe.interval == probe.part.interval
    bench(probe).check_interval([0] * probe.beats, probe.part.o_beats)


def test_what_it_stores() -> None:
    part = Queued(WidthConverter(8, 2, 4, 1), 2, 4)
    assert part.block_rams == [(8, 4)]
    assert part.buffer_bits == 4 * 8
    assert Queued(WidthConverter(8, 2, 4, 1), 2, 4, "distributed").block_rams == []
