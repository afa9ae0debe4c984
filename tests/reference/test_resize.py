"""Means of areas, against rational numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.base.errors import DataError
from bnngen.reference.resize import TYPES, Resize, resize_of
from bnngen.reference.table_file import read_table


@st.composite
def cases(draw: st.DrawFn) -> tuple[Resize, np.ndarray]:
    places = draw(st.lists(st.integers(1, 9), min_size=1, max_size=2))
    size = [draw(st.integers(1, most)) for most in places]
    channels, type_ = draw(st.integers(1, 3)), draw(st.sampled_from(TYPES))
    resize = Resize((*places, channels), tuple(size), type_)
    values = st.integers(*resize.range) | st.sampled_from(resize.range)
    x = [draw(values) for _ in range(2 * resize.values)]
    return resize, np.array(x, type_).reshape(2, *resize.shape)


def shares(length: int, size: int, j: int) -> list[Fraction]:
    """How much of each of ``length`` values the new value j covers."""
    low, high = Fraction(j * length, size), Fraction((j + 1) * length, size)
    return [max(Fraction(0), min(high, Fraction(k + 1)) - max(low, Fraction(k))) for k in range(length)]


def mean(x: np.ndarray, resize: Resize, place: tuple[int, ...], channel: int) -> int:
    """By its definition, for one new value of one sample."""
    along = [shares(n, s, j) for n, s, j in zip(resize.shape, resize.size, place, strict=False)]
    total = covered = Fraction(0)
    for at in np.ndindex(*resize.shape[:-1]):
        share = Fraction(1)
        for axis, k in enumerate(at):
            share *= along[axis][k]
        total += share * int(x[(*at, channel)])
        covered += share
    return floor(total / covered + Fraction(1, 2))


@given(cases())
def test_each_value_is_the_mean_of_its_area(case: tuple[Resize, np.ndarray]) -> None:
    resize, x = case
    found = resize(x)
    assert found.shape == (2, *resize.resized_shape)
    assert found.dtype == np.dtype(resize.type)
    for n, *place, channel in np.ndindex(*found.shape):
        assert found[n, *place, channel] == mean(x[n], resize, tuple(place), channel)
    assert np.array_equal(resize(x.reshape(2, -1).astype(np.float64)), found)


def test_by_hand() -> None:
    """Halves go up, on both sides of 0."""
    halves = Resize((4, 1), (2,), "int8")
    assert halves(np.array([[1, 2, -1, -2]])).reshape(-1).tolist() == [2, -1]
    thirds = Resize((3, 1), (2,), "uint8")  # (2*3 + 9) / 3 and (9 + 2*0) / 3
    assert thirds(np.array([[3, 9, 0]])).reshape(-1).tolist() == [5, 3]
    same = Resize((2, 2, 1), (2, 2), "uint8")
    assert same(np.array([[7, 0, 255, 1]])).reshape(-1).tolist() == [7, 0, 255, 1]


def test_many_samples_are_as_one() -> None:
    resize = Resize((40, 40, 3), (7, 13), "uint8")
    x = np.random.default_rng(0).integers(0, 256, (450, *resize.shape), np.uint8)
    found = resize(x)
    assert all(np.array_equal(resize(x[n : n + 1])[0], found[n]) for n in (0, 217, 218, 219, 449))


@pytest.mark.parametrize(
    ("x", "says"),
    [
        ([[0.5, 1, 2]], "takes integers from 0 to 255, not 0.5"),
        ([[0, 256, 2]], "takes integers from 0 to 255, not 256"),
        ([[0, np.nan, 2]], "takes integers from 0 to 255, not nan"),
        ([[0, -1, 2]], "takes integers from 0 to 255, not -1"),
        ([[0, 1]], r"samples of shape \(3, 1\), not \(2,\)"),
    ],
)
def test_what_is_no_sample(x: list[list[float]], says: str) -> None:
    with pytest.raises(DataError, match=says):
        Resize((3, 1), (2,), "uint8")(np.array(x))


def test_rows_of_a_file() -> None:
    resize = Resize((2, 2, 1), (1, 1), "uint8")
    assert resize.table_samples(read_table(b"1,2,3,4\n5,5,5,6\n", "f", header=False)).reshape(
        -1
    ).tolist() == [3, 5]
    with pytest.raises(DataError, match=r"^f: the network takes integers from 0 to 255, not 0.5"):
        resize.table_samples(read_table(b"1,2,3,0.5\n", "f", header=False))
    with pytest.raises(DataError, match=r"^f has 2 columns; the network takes 4 values a row"):
        resize.table_samples(read_table(b"1,2\n", "f", header=False))


def test_a_record_reads_back() -> None:
    resize = Resize((28, 20, 3), (14, 20), "int16")
    assert resize_of(json.loads(json.dumps(resize.to_data())), (14, 20, 3)) == resize


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "has no shape"),
        ({"shape": 3, "type": "uint8"}, "has no shape"),
        ({"shape": [4, 1], "type": "float32"}, "is one of uint8, int8, int16, int32"),
        ({"shape": [4, 4, 1], "type": "uint8"}, "not as many axes"),
        ({"shape": [4.5, 1], "type": "uint8"}, "not as many axes"),
        ({"shape": [1, 1], "type": "uint8"}, "makes them larger, or changes their channels"),
        ({"shape": [4, 2], "type": "uint8"}, "makes them larger, or changes their channels"),
        ({"shape": [1 << 28, 1], "type": "uint8"}, r"2\*\*28 values"),
    ],
)
def test_a_damaged_record_is_refused(data: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        resize_of(data, (2, 1))
