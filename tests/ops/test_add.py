"""The meaning of a sum, and its ranges."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.add import Add
from bnngen.ops.threshold import Threshold


def test_factors_and_ranges() -> None:
    add = Add((1, -2), (2, 1), (IntType(0, 3), IntType(-1, 1)))
    y = add.compute(np.array([[3, 0]]), np.array([[[-1], [1]]]))
    assert y.tolist() == [[[5], [-2]]]
    assert add.input_type == IntType(-1, 3)
    assert add.row_ranges.tolist() == [[-2, 5]]
    assert add.output_type == IntType(-2, 5)
    assert (add.elements_in, add.elements_out, add.weight_bits, add.operations) == (2, 2, 0, 0)


def test_one_input_is_a_quantizer() -> None:
    activation = Threshold(np.array([[0], [2]]), np.array([False, True]), BIPOLAR)
    add = Add((1,), (2,), (IntType(-3, 3),), activation)
    assert add.compute(np.array([[0, 1], [-1, 2]])).tolist() == [[1, 1], [-1, -1]]
    assert add.output_type == BIPOLAR


def test_other_shapes_are_refused() -> None:
    add = Add((1, 1), (2, 1), (BIPOLAR, BIPOLAR))
    assert add.output_shape([(2, 1), (2, 1)]) == (2, 1)
    with pytest.raises(ValueError, match=r"takes 2 tensors of shape \(2, 1\), not \(2, 1\), \(3, 1\)"):
        add.output_shape([(2, 1), (3, 1)])
