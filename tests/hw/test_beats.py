"""Beats: the bit layout of streams, pinned down by hand and by round trips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen_hw.beats import beat_count, from_beats, join_words, split_word, to_beats
from bnngen_hw.encoding import Encoding, Kind


def test_element_zero_is_lowest() -> None:
    assert join_words(np.array([1, 2, 3]), 4) == 0x321
    assert to_beats(np.array([[-1, 1, 1], [1, 1, -1]]), Encoding("bipolar", 1), 2) == [0b10, 0b01, 0b11, 0b00]
    assert to_beats(np.array([[-1, -2, 1]]), Encoding("signed", 2), 4) == [0b01_10_11]


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)),
    bits=st.integers(1, 20),
    kind=st.sampled_from(["signed", "unsigned"]),
    seed=st.integers(0, 999),
)
def test_round_trip(shape: tuple[int, int, int], bits: int, kind: Kind, seed: int) -> None:
    frames, elements, lanes = shape
    encoding = Encoding(kind, bits)
    values = np.random.default_rng(seed).integers(encoding.lo, encoding.hi + 1, (frames, elements))
    beats = to_beats(values, encoding, lanes)
    assert len(beats) == frames * beat_count(elements, lanes)
    assert np.array_equal(from_beats(beats, elements, encoding, lanes), values)


def test_split_reverses_join() -> None:
    assert split_word(0x321, 3, 4).tolist() == [1, 2, 3]


def test_partial_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="3 beats are not a whole number of frames of 2 beats"):
        from_beats([0, 0, 0], 3, Encoding("unsigned", 1), 2)


def test_dirty_lanes_are_refused() -> None:
    with pytest.raises(ValueError, match="a lane that holds no element is not zero"):
        from_beats([0b11, 0b11], 3, Encoding("unsigned", 1), 2)
