"""The meaning of a concatenation, and what it can be built of."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.concat import Concat
from bnngen_boards.profile import load_board


def test_channels_behind_each_other() -> None:
    concat = Concat((2,), (2, 1), (BIPOLAR, IntType(0, 3)))
    y = concat.compute(np.array([[1, -1, 1, 1]]), np.array([[[3], [0]]]))
    assert y.tolist() == [[[1, -1, 3], [1, 1, 0]]]
    assert concat.output_type == IntType(-1, 3)
    assert concat.output_shape([(2, 2), (2, 1)]) == (2, 3)
    assert (concat.elements_in, concat.elements_out, concat.weight_bits) == (6, 6, 0)
    with pytest.raises(
        ValueError, match=r"takes tensors of the shapes \[\(2, 2\), \(2, 1\)\], not \(2, 2\)$"
    ):
        concat.output_shape([(2, 2)])


def test_lanes_divide_every_part() -> None:
    concat = Concat((5, 5), (12, 8), (BIPOLAR, BIPOLAR))
    options = list(concat.all_options(load_board("ulx3s_85f")))
    assert {(o.folding.pe, o.cycles) for o in options} == {(1, 500), (2, 250), (4, 125)}
    assert {o.feed_style for o in options} == {"block", "distributed"}
