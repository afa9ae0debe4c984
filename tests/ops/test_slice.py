"""The meaning of a slice, and what it can be built of."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.numbers.datatypes import IntType
from bnngen.ops.slice import Slice
from bnngen_boards.profile import load_board


def test_some_channels() -> None:
    cut = Slice((2, 3), 1, 3, IntType(0, 9))
    assert cut.compute(np.arange(6)[None]).tolist() == [[[1, 2], [4, 5]]]
    assert cut.output_shape([(2, 3)]) == (2, 2)
    assert (cut.elements_in, cut.elements_out, cut.output_type) == (6, 4, IntType(0, 9))
    with pytest.raises(ValueError, match=r"takes a tensor of shape \(2, 3\), not of shape \(3, 3\)"):
        cut.output_shape([(3, 3)])


def test_lanes_divide_both_ends() -> None:
    options = list(Slice((4, 4, 12), 4, 10, IntType(0, 1)).all_options(load_board("ulx3s_85f")))
    assert {(o.folding.pe, o.cycles) for o in options} == {(1, 192), (2, 96)}
