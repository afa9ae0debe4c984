"""Select: the right words, exact timing, and that dropped words wait for nobody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.components import bench

from bnngen_hw.streams.select import Select


@st.composite
def selects(draw: st.DrawFn) -> Select:
    words = draw(st.integers(1, 5))
    first = draw(st.integers(0, words - 1))
    return Select(4, words, first, draw(st.integers(1, words - first)), draw(st.integers(1, 3)))


def frame(select: Select) -> list[int]:
    return [(7 * k + 3) % 16 for k in range(select.words * select.groups)]


@settings(max_examples=40, deadline=None)
@given(
    select=selects(),
    gap=st.sampled_from([0.0, 0.5]),
    stall=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 99),
)
def test_some_words_of_each_group(select: Select, gap: float, stall: float, seed: int) -> None:
    beats = 2 * frame(select)
    chosen = range(select.first, select.first + select.count)
    wanted = [beat for k, beat in enumerate(beats) if k % select.words in chosen]
    assert bench(select).run(beats, len(wanted), gap=gap, stall=stall, seed=seed).outputs == wanted


@settings(max_examples=40, deadline=None)
@given(select=selects(), data=st.data())
def test_timing(select: Select, data: st.DataObject) -> None:
    beats = frame(select)
    times = data.draw(st.lists(st.integers(0, 20), min_size=len(beats), max_size=len(beats)))
    bench(select).check_arrivals(beats, select.count * select.groups, times)
    bench(select).check_interval(beats, select.count * select.groups)


def test_words_that_are_not_there() -> None:
    with pytest.raises(ValueError, match="there are no words 2 to 3 in 3 words"):
        Select(4, 3, 2, 2, 1)
