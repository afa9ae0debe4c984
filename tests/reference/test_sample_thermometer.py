"""Samples become codes by comparisons of float32 numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bnngen.base.errors import DataError
from bnngen.reference.raw_rules import rules_of
from bnngen.reference.resize import Resize
from bnngen.reference.sample_thermometer import SampleThermometer
from bnngen.reference.table_file import read_table

RULES = SampleThermometer((2, 1, 3), (0.10000000149011612, 2.5), False, -1, 2)


def test_each_value_counts_its_thresholds() -> None:
    """By loops, in both orders; 0.1 as float64 is below the float32 number and rounds to it."""
    x = np.array([[0.1, 0.0999, 3, 2.5, -1, np.nextafter(2.5, 0)]])
    assert RULES.codes(x).tolist() == [[1, -1, -1, -1, 1, 1, 1, 1, -1, -1, 1, 1]]
    turned = SampleThermometer(RULES.shape, RULES.thresholds, True, 0, 3)
    expected = [
        3 * (np.float32(x[0, 3 * place + c]) >= np.float32(t))
        for c in range(3)
        for t in RULES.thresholds
        for place in range(2)
    ]
    assert turned.codes(x.reshape(1, 2, 1, 3)).tolist() == [expected]
    assert (turned.values, turned.elements) == (6, 12)


def test_samples_become_smaller_first() -> None:
    resize = Resize((4, 1, 3), (2, 1), "uint8")
    smaller = replace(RULES, resize=resize)
    x = np.arange(12).reshape(1, 4, 1, 3)
    assert (smaller.values, smaller.elements, smaller.raw_shape) == (12, 12, (4, 1, 3))
    assert np.array_equal(smaller.codes(x), RULES.codes(resize(x)))
    row = read_table(b"0,1,2,3,4,5,6,7,8,9,10,11\n", "f", header=False)
    assert np.array_equal(smaller.table_codes(row), smaller.codes(x))
    assert rules_of(json.loads(json.dumps(smaller.to_data()))) == smaller


def test_rows_of_a_file() -> None:
    table = read_table(b"0.1,0,3,2.5,-1,2\n", "'x.csv'")
    assert RULES.table_codes(table).tolist() == [[1, -1, -1, -1, 1, 1, 1, 1, -1, -1, 1, -1]]
    with pytest.raises(DataError, match=r"'x.csv' has 2 columns; the network takes 6 values a row"):
        RULES.table_codes(read_table(b"7,5\n", "'x.csv'", header=False))
    with pytest.raises(DataError, match=r"'x.csv': row 1 holds 'x', which is no number"):
        RULES.table_codes(read_table(b"0.1,0,3,2.5,-1,x\n", "'x.csv'", header=False))
    with pytest.raises(DataError, match=r"samples of shape \(2, 1, 3\), not \(5,\)"):
        RULES.codes(np.zeros((1, 5)))


@pytest.mark.parametrize("places_last", [False, True])
def test_a_record_reads_back(places_last: bool) -> None:
    rules = SampleThermometer((2, 3), (0.1 + 2**-5, 7.0), places_last, -1, 2)
    rules = SampleThermometer(
        rules.shape, tuple(float(np.float32(t)) for t in rules.thresholds), places_last, -1, 2
    )
    assert rules_of(json.loads(json.dumps(rules.to_data()))) == rules


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("shape", [], "a list of numbers above 0"),
        ("shape", [0, 2], "a list of numbers above 0"),
        ("shape", 3, "are damaged"),
        ("order", ["place"], "the order of its 'samples'"),
        ("thresholds", [2.0, 1.0], "the thresholds fall"),
        ("thresholds", [0.1], "is no float32 number"),
        ("lowest", 0.5, "whole numbers"),
        ("step", None, "whole numbers"),
    ],
)
def test_a_damaged_record_is_refused(key: str, value: Any, says: str) -> None:
    data = RULES.to_data()
    data["samples"][key] = value
    with pytest.raises(ValueError, match=says):
        rules_of(data)
    del data["samples"][key]
    with pytest.raises(ValueError, match="are damaged"):
        rules_of(data)
    with pytest.raises(ValueError, match="no object"):
        rules_of({"rounding": "float32", "samples": []})
