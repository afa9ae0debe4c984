"""The meaning of nearest-neighbour upsampling, and what it can be built of."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.numbers.datatypes import IntType
from bnngen.ops.upsample import Upsample
from bnngen_boards.profile import load_board


def test_each_position_again_and_again() -> None:
    up = Upsample((2, 3), (1, 2, 1), IntType(0, 9))
    assert up.compute(np.array([[4, 7]]))[0, ..., 0].tolist() == [[4, 4, 4, 7, 7, 7]] * 2
    assert up.output_shape([(1, 2, 1)]) == (2, 6, 1)
    assert (up.elements_in, up.elements_out, up.output_type) == (2, 12, IntType(0, 9))
    with pytest.raises(ValueError, match=r"takes a tensor of shape \(1, 2, 1\), not of shape \(2, 1\)"):
        up.output_shape([(2, 1)])


def test_a_map_of_one_axis() -> None:
    assert Upsample((2,), (2, 2), IntType(0, 9)).compute(np.array([[1, 2, 3, 4]])).tolist() == [
        [[1, 2], [1, 2], [3, 4], [3, 4]]
    ]


def test_lanes_divide_the_channels() -> None:
    options = list(Upsample((2, 2), (4, 5, 6), IntType(0, 1)).all_options(load_board("icebreaker")))
    assert {(o.folding.pe, o.cycles) for o in options} == {(1, 480), (2, 240), (3, 160), (6, 80)}
