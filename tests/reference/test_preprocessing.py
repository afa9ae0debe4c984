"""Raw columns to codes: the same bits whoever rounds, at every threshold and beside it."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.base.errors import DataError
from bnngen.reference.preprocessing import NumberColumn, Preprocessing, WordColumn
from bnngen.reference.raw_rules import rules_of
from bnngen.reference.table_file import read_table

FLOAT32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
COLOURS = WordColumn("colour", ("blue", "red"), (-1, -1), (1, 1))
SIZE = NumberColumn("size", (0.5, 2.0), True, -1, 2)
LEVEL = NumberColumn("level", (0.0, 1.0, 1.0, 7.5), False, -4, 1, fill=1.0)
ALL = Preprocessing((SIZE, COLOURS, LEVEL), "kind")


def as_c_does(value: float) -> float:
    """A double as a float of C."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def beside(value: float) -> Iterator[float]:
    """A float32 number, its neighbours in float32 and float64, and what lies between."""
    with np.errstate(over="ignore"):
        near = [float(np.nextafter(np.float32(value), np.float32(end))) for end in (-np.inf, np.inf)]
    for other in (value, *filter(math.isfinite, near)):
        middle = (value + other) / 2
        for each in (other, middle):
            yield from (each, math.nextafter(each, -math.inf), math.nextafter(each, math.inf))


@given(
    st.lists(FLOAT32, min_size=1, max_size=6).map(sorted), st.lists(st.floats(allow_nan=False), max_size=4)
)
def test_around_every_threshold(thresholds: list[float], others: list[float]) -> None:
    values = [*others, *(each for threshold in thresholds for each in beside(threshold))]
    reached = [[as_c_does(value) >= threshold for threshold in thresholds] for value in values]
    bits = NumberColumn("x", tuple(thresholds), True, -1, 2)
    level = NumberColumn("x", tuple(thresholds), False, -3, 1)
    assert bits.codes(values).tolist() == [[2 * bit - 1 for bit in row] for row in reached]
    assert level.codes(values).tolist() == [[sum(row) - 3] for row in reached]
    assert np.array_equal(bits.codes([repr(value) for value in values]), bits.codes(values))
    with np.errstate(over="ignore"):
        assert np.array_equal(bits.codes(np.array(values, np.float32)), bits.codes(values))


@given(st.lists(FLOAT32, min_size=1, max_size=20).map(sorted), st.none() | FLOAT32)
def test_numbers_read_back_exactly(thresholds: list[float], fill: float | None) -> None:
    made = Preprocessing((NumberColumn("x", tuple(thresholds), True, -1, 2, fill), COLOURS))
    assert rules_of(json.loads(json.dumps(made.to_data()))) == made


def test_rows_and_columns() -> None:
    rows: list[Sequence[object]] = [[1, "red", "1"], ["2.0", "green", None], (np.float64(0), " blue ", "nan")]
    codes = [[1, -1, -1, 1, -1], [1, 1, -1, -1, -1], [-1, -1, 1, -1, -1]]
    assert ALL.codes(rows).tolist() == codes
    columns = dict(zip(ALL.names, zip(*rows, strict=True), strict=True))
    assert ALL.codes({**columns, "more": ["?"] * 3}).tolist() == codes
    assert (ALL.names, ALL.elements) == (("size", "colour", "level"), 5)
    assert [column.possible_codes.tolist() for column in ALL.columns] == [
        [-1, 1],
        [-1, -1, 1, 1],
        [-4, -3, -2, -1, 0],
    ]


def test_a_csv_file() -> None:
    table = b"level;kind;colour;size\n7,5;a;red;1\n;b;blue;2\n"
    codes = [[1, -1, -1, 1, 0], [1, 1, 1, -1, -1]]
    assert ALL.table_codes(read_table(table, "t.csv", names=ALL.names)).tolist() == codes
    bare = read_table(b"1,red,7.5\n2,blue,\n", "t.csv", names=ALL.names)
    assert ALL.table_codes(bare).tolist() == codes
    numbered = Preprocessing((replace(SIZE, name="column_2"),), "column_3")
    assert numbered.table_codes(read_table(b"7,1,a\n8,2,b\n7,0,a\n", "t.csv")).tolist() == [
        [1, -1],
        [1, 1],
        [-1, -1],
    ]
    for text, message in (
        (
            b"1,red\n2,blue\n",
            "t.csv has no header line, and 2 columns; the network takes 3: size, colour, level",
        ),
        (b"size,colour\n2,blue\n", "t.csv: no column 'level'; the network takes size, colour, level"),
    ):
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            ALL.table_codes(read_table(text, "t.csv", names=ALL.names))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, "red"]], "row 1 has 2 values; the network takes 3: size, colour, level"),
        (
            [[1, "red", 1], ["x", "red", 1]],
            "column 'size', row 2: 'x' is no number; the network was trained without gaps in this column",
        ),
        (
            [[math.nan, "red", 1]],
            "column 'size', row 1: nan is no number; the network was trained without gaps in this column",
        ),
        (
            [["1_0", "red", 1]],
            "column 'size', row 1: '1_0' is no number; the network was trained without gaps in this column",
        ),
        ({"size": [1], "colour": ["red"]}, "no column 'level'; the network takes size, colour, level"),
        ({"size": [1], "colour": ["red"], "level": [1, 2]}, "the columns have [1, 2] rows, not equally many"),
    ],
)
def test_values_that_can_not_be_used(values: Any, message: str) -> None:
    with pytest.raises(DataError) as raised:
        ALL.codes(values)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "it has no 'rounding' that is 'float32'"),
        (("rounding",), "float64", "it has no 'rounding' that is 'float32'"),
        (("columns",), [], "it has no list of 'columns'"),
        (("label",), 7, "its 'label' is no name"),
        (("columns", 0), 7, "it has a column without a name"),
        (
            ("columns", 0, "type"),
            "map",
            "its column 'size' is damaged: type and encoding are number and thermometer or level",
        ),
        (("columns", 0, "thresholds"), [0.1], "its column 'size' is damaged: 0.1 is no float32 number"),
        (("columns", 0, "thresholds"), [2.0, 1.0], "its column 'size' is damaged: the thresholds fall"),
        (("columns", 0, "thresholds"), [math.nan], "its column 'size' is damaged: nan is no float32 number"),
        (("columns", 0, "thresholds"), [True], "its column 'size' is damaged: True is no float32 number"),
        (("columns", 0, "step"), 1.5, "its column 'size' is damaged: lowest and step are whole numbers"),
        (
            ("columns", 1, "words"),
            [1],
            "its column 'colour' is damaged: words are texts, and their codes whole numbers",
        ),
        (
            ("columns", 1, "absent"),
            [1],
            "its column 'colour' is damaged: there are not as many codes as words",
        ),
    ],
)
def test_damaged_records(path: tuple[Any, ...], value: Any, message: str) -> None:
    data: Any = json.loads(json.dumps(ALL.to_data()))
    if path:
        *steps, last = path
        inner = data
        for step in steps:
            inner = inner[step]
        inner[last] = value
    else:
        data = value
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        rules_of(data)
