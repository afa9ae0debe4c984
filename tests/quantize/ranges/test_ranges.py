"""The four rules, on values with an outlier."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bnngen.quantize.choices import RULES
from bnngen.quantize.grid import over, symmetric
from bnngen.quantize.ranges import Options, max_abs, min_max, mse, percentile


@pytest.fixture
def x() -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(40, 100)).astype(np.float32)
    values[0, 0] = 30
    return values


def test_what_they_are_called(x: np.ndarray) -> None:
    options = Options(4, 99.0)
    assert min_max.activation(x, options) == (x.min(), x.max())
    assert max_abs.activation(x, options) == (-30, 30)
    assert max_abs.activation(np.abs(x), options) == (0, 30)
    low, high = percentile.activation(x, options)
    assert (x < low).mean() == pytest.approx(0.01, abs=1e-3)
    assert (x > high).mean() == pytest.approx(0.01, abs=1e-3)
    assert mse.activation(x, options)[1] < 10


@pytest.mark.parametrize("bits", range(2, 9))
def test_mse_has_the_least_error(x: np.ndarray, bits: int) -> None:
    def error(rule: Any) -> float:
        low, high = rule.activation(x, Options(bits))
        return float(np.square(over(low, high, bits).round(x) - x).mean())

    assert error(mse) <= min(map(error, RULES.values())) * 1.001

    def weight_error(rule: Any) -> np.ndarray:
        error: np.ndarray = np.square(
            symmetric(rule.weight(x, Options(bits))[:, None], bits).round(x) - x
        ).mean(1)
        return error

    assert (weight_error(mse) <= weight_error(max_abs) * 1.0001).all()


@pytest.mark.parametrize("name", RULES)
def test_weights_have_a_limit_for_each_row(x: np.ndarray, name: str) -> None:
    limits = RULES[name].weight(x, Options(3))
    assert limits.shape == (40,)
    assert (limits > 0).all()
    assert (limits <= np.abs(x).max(1) + 1e-6).all()
    assert RULES[name].weight(np.zeros((2, 5)), Options(3)).tolist() == [0, 0]
