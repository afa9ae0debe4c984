"""The meaning of a pool, by loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import windows

from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.max_pool import MaxPool


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(), seed=st.integers(0, 999), type_=st.sampled_from([BIPOLAR, IntType(0, 3), IntType(-9, 9)])
)
def test_against_loops(data: st.DataObject, seed: int, type_: IntType) -> None:
    rng = np.random.default_rng(seed)
    spatial = data.draw(st.sampled_from([(4,), (7,), (3, 4), (5, 5)]))
    window = data.draw(windows(spatial))
    least = rng.integers(0, 2, 3).astype(bool)
    pool = MaxPool(window, spatial, least, type_)
    codes = [-1, 1] if type_.bipolar else range(type_.lo, type_.hi + 1)
    x = rng.choice(np.array(codes), (2, *spatial, 3))
    y = pool.compute(x)
    assert pool.output_shape([(*spatial, 3)]) == y.shape[1:]
    for frame, *position, c in np.ndindex(*y.shape):
        seen = [x[(frame, *at, c)] for at in taps(window, spatial, tuple(position))]
        worst = type_.hi if least[c] else type_.lo
        assert y[(frame, *position, c)] == (min if least[c] else max)([*seen, worst])


def taps(window: Window, spatial: tuple[int, ...], position: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The positions of the map that the window sees there."""
    found = []
    for tap in np.ndindex(*window.kernel):
        axes = zip(position, window.strides, window.before, tap, window.dilations, strict=True)
        at = tuple(p * s - b + i * d for p, s, b, i, d in axes)
        if all(0 <= a < n for a, n in zip(at, spatial, strict=True)):
            found.append(at)
    return found


def test_another_shape_is_refused() -> None:
    pool = MaxPool(Window.plain((2, 2), (2, 2)), (4, 4), np.zeros(3, bool), BIPOLAR)
    assert (pool.elements_in, pool.elements_out, pool.weight_bits, pool.operations) == (48, 12, 0, 0)
    with pytest.raises(ValueError, match=r"^takes a tensor of shape \(4, 4, 3\), not of shape \(4, 3\)$"):
        pool.output_shape([(4, 3)])
