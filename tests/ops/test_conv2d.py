"""The meaning of a convolution, by loops, and its ranges by brute force."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import windows

from bnngen.cost.folding import Folding
from bnngen.ir.window import Window
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import load_board

INPUTS = [BIPOLAR, IntType(0, 3), IntType(-128, 127)]


def by_loops(conv: Conv2d, frame: np.ndarray) -> np.ndarray:
    """The sums of one map (*spatial, C)."""
    window, size = conv.window, conv.channels // conv.groups
    out = np.zeros((*conv.positions, len(conv.weights)), dtype=np.int64)
    for position in np.ndindex(*conv.positions):
        taps = list(np.ndindex(*window.kernel))
        for n, row in enumerate(conv.weights):
            first = n // (len(conv.weights) // conv.groups) * size
            for k, (tap, channel) in enumerate(itertools.product(taps, range(first, first + size))):
                axes = zip(position, window.strides, window.before, tap, window.dilations, strict=True)
                at = [p * s - b + i * d for p, s, b, i, d in axes]
                inside = all(0 <= a < n for a, n in zip(at, conv.spatial, strict=True))
                out[(*position, n)] += row[k] * (frame[(*at, channel)] if inside else conv.pad)
    return out


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 999), type_=st.sampled_from(INPUTS))
def test_against_loops(data: st.DataObject, seed: int, type_: IntType) -> None:
    rng = np.random.default_rng(seed)
    spatial = data.draw(st.sampled_from([(4,), (7,), (3, 4), (5, 5), (1, 6)]))
    window, groups = data.draw(windows(spatial)), data.draw(st.sampled_from([1, 2, 4]))
    weights = rng.integers(-2, 3, (4, window.taps * 4 // groups))
    conv = Conv2d(weights, window, spatial, type_, groups)
    codes = [-1, 1] if type_.bipolar else range(type_.lo, type_.hi + 1)
    x = rng.choice(np.array(codes), (2, *spatial, 4))
    wanted = np.stack([by_loops(conv, frame) for frame in x])
    y = conv.compute(x)
    assert np.array_equal(y, wanted)
    assert conv.output_shape([(*spatial, 4)]) == y.shape[1:]
    assert np.array_equal(conv.compute(x.reshape(2, -1)), y)
    ranges = conv.row_ranges
    assert (ranges[:, 0] <= y).all()
    assert (y <= ranges[:, 1]).all()


def test_a_map_without_an_inside_is_all_padding() -> None:
    """Ranges reach what padding alone makes, too."""
    window = Window((3,), (1,), (1,), (2,), (2,))
    conv = Conv2d(np.array([[1, 1, 1]]), window, (1,), IntType(2, 3), pad=2)
    assert conv.compute(np.array([[3]])).ravel().tolist() == [7, 7, 7]
    zero = Conv2d(np.array([[1, 1, 1]]), window, (1,), BIPOLAR)
    assert zero.compute(np.array([[-1]])).ravel().tolist() == [-1, -1, -1]
    assert zero.row_ranges.tolist() == [[-1, 5]]


def test_the_activation_follows_the_sums() -> None:
    activation = Threshold(np.array([[0], [1]]), np.array([False, True]), BIPOLAR)
    conv = Conv2d(np.array([[1, 1], [1, -1]]), Window.plain((2,)), (3,), BIPOLAR, activation=activation)
    assert conv.compute(np.array([[1, -1, -1]])).tolist() == [[[1, -1], [-1, 1]]]
    assert conv.output_type == BIPOLAR


def test_another_shape_is_refused() -> None:
    conv = Conv2d(np.array([[1, 1, 1, 1]]), Window.plain((1, 2)), (3, 3), BIPOLAR)
    assert conv.output_shape([(3, 3, 2)]) == (3, 2, 1)
    with pytest.raises(ValueError, match=r"^takes a tensor of shape \(3, 3, 2\), not of shape \(3, 2, 3\)$"):
        conv.output_shape([(3, 2, 3)])


def test_counts() -> None:
    conv = Conv2d(np.ones((6, 18), int), Window.plain((3, 3)), (5, 5), BIPOLAR)
    assert (conv.parameters, conv.operations, conv.weight_bits) == (108, 972, 108)
    assert (conv.elements_in, conv.elements_out) == (50, 54)


def test_a_row_of_taps_at_once() -> None:
    """Each column of a window is read once for all windows that it belongs to: 3 words instead of 9."""
    conv = Conv2d(np.ones((4, 9 * 8), np.int64), Window.plain((3, 3)), (10, 12), BIPOLAR)
    cycles = {o.folding: o.cycles for o in conv.all_options(load_board("ulx3s_85f"))}
    assert cycles[Folding(4, 8)] == 8 * 10 * 9
    assert cycles[Folding(4, 24)] == 8 * 12 * 3
    assert cycles[Folding(1, 24)] == 8 * 12 * 3 * 4
    holes = replace(conv, window=replace(conv.window, dilations=(1, 2)))
    assert max(o.folding.simd for o in holes.all_options(load_board("ulx3s_85f"))) == 8


def test_a_group_takes_the_cycles_and_the_memory_of_its_own_channels() -> None:
    weights = np.random.default_rng(0).choice([-1, 1], (8, 9 * 4))
    conv = Conv2d(weights, Window.plain((3, 3)), (5, 5), BIPOLAR, groups=4)
    assert (conv.channels, conv.weight_bits) == (16, 288)
    options = list(conv.all_options(load_board("ulx3s_85f")))
    cycles = {o.folding: o.cycles for o in options}
    assert cycles[Folding(1, 1)] == 9 * 8 * 9 * 4
    assert cycles[Folding(2, 4)] == 9 * 4 * 9
    # more at once than a group has: all groups, and a row of taps
    assert cycles[Folding(8, 16)] == 9 * 9
    assert cycles[Folding(8, 48)] == 5 * 3 * 3
    assert Folding(1, 8) in cycles
    assert all(2 % f.pe == 0 == 4 % f.simd for f in cycles if f.pe <= 2 and f.simd <= 4)
