"""Ranges and plans of the dense engine, against every input there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from support.narrow import present

from bnngen_hw.arithmetic.product_code import ProductCode
from bnngen_hw.arithmetic.threshold_table import ThresholdTable
from bnngen_hw.encoding import Encoding
from bnngen_hw.engine.numbers import AccumulatorPlan, RowRanges

BIPOLAR = Encoding("bipolar", 1)
CODES = [
    ProductCode(x, w)
    for x in (BIPOLAR, Encoding("unsigned", 2), Encoding("signed", 2))
    for w in (BIPOLAR, Encoding("signed", 2))
]


def every_dot(weights: np.ndarray, code: ProductCode, lanes: int) -> np.ndarray:
    """All dot products (inputs, rows)."""
    values = code.x.decode(np.arange(1 << code.x.bits))
    result: np.ndarray = np.array(list(product(values, repeat=weights.shape[1]))) @ weights.T
    return result


@pytest.mark.parametrize("code", CODES, ids=str)
def test_ranges_and_thresholds(code: ProductCode) -> None:
    """Raw sums are whole and not negative, ranges are tight, thresholds on raw sums mean the same."""
    rng = np.random.default_rng(4)
    weights = code.w.decode(rng.integers(0, 1 << code.w.bits, (5, 3)))
    dots = every_dot(weights, code, 4)
    rows = RowRanges.of(weights, code, 4, None)
    assert np.array_equal(rows.lo, dots.min(axis=0))
    assert np.array_equal(rows.hi, dots.max(axis=0))
    raws, rest = np.divmod(dots - rows.offset, rows.gain)
    assert not rest.any()
    assert raws.min() >= 0
    assert np.array_equal((rows.raw_lo, rows.raw_hi), (raws.min(axis=0), raws.max(axis=0)))
    for threshold in range(-20, 21):
        raw = rows.raw_thresholds(np.full((5, 1), threshold))[:, 0]
        assert np.array_equal(raws >= raw, dots >= threshold)
        assert (raw <= rows.raw_hi + 1).all()
        assert (raw >= rows.raw_lo).all()


def test_plans() -> None:
    weights = np.array([[1, -1, 1], [1, 1, 1]])
    rows = RowRanges.of(weights, ProductCode(BIPOLAR, BIPOLAR), 4, None)
    dot = AccumulatorPlan.choose(rows, None, True)
    assert (dot.start.tolist(), dot.shift, dot.encoding) == ([-3, -3], 1, Encoding("signed", 3))
    one = ThresholdTable.checked(np.array([[1], [-99]]), None, BIPOLAR)
    sign = AccumulatorPlan.choose(rows, one, True)
    assert (sign.start.tolist(), sign.shift, sign.encoding) == ([-2, 0], 0, Encoding("signed", 3))
    two = ThresholdTable.checked(np.array([[0, 1], [2, 99]]), None, Encoding("unsigned", 2))
    levels = AccumulatorPlan.choose(rows, two, True)
    assert present(levels.thresholds).tolist() == [[2, 2], [3, 4]]
    assert (levels.start.tolist(), levels.encoding) == ([0, 0], Encoding("unsigned", 2))
