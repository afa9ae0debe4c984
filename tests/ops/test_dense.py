"""The meaning of a dense layer, and its ranges by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.cost.option import Place
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.dense import Dense
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import load_board

INPUTS = [
    BIPOLAR,
    IntType(0, 1),
    IntType(-1, 1),
    IntType(-2, 1),
    IntType(0, 3),
    IntType(1, 2),
    IntType(-3, -2),
]


def every_input(type_: IntType, features: int) -> np.ndarray:
    codes = [-1, 1] if type_.bipolar else range(type_.lo, type_.hi + 1)
    return np.array(list(itertools.product(codes, repeat=features)))


@pytest.mark.parametrize("input_type", INPUTS, ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_row_ranges_are_what_inputs_reach(input_type: IntType, data: st.DataObject) -> None:
    rows, features = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    flat = data.draw(st.lists(st.integers(-4, 4), min_size=rows * features, max_size=rows * features))
    dense = Dense(np.array(flat).reshape(rows, features), input_type)
    x = every_input(input_type, features)
    y = dense.compute(x)
    assert y.tolist() == [[sum(a * b for a, b in zip(f, w, strict=True)) for w in dense.weights] for f in x]
    assert dense.row_ranges.tolist() == np.stack([y.min(axis=0), y.max(axis=0)], axis=1).tolist()
    assert (dense.acc_type.lo, dense.acc_type.hi) == (y.min(), y.max())
    assert not dense.acc_type.bipolar


def test_the_activation_follows_the_sums() -> None:
    activation = Threshold(np.array([[0, 2], [1, 1]]), np.array([False, True]), IntType(0, 2))
    dense = Dense(np.array([[1, 1], [1, -1]]), IntType(0, 1), activation)
    x = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    assert dense.compute(x).tolist() == [[1, 2], [1, 0], [1, 2], [2, 2]]
    assert dense.output_type == IntType(0, 2)


def test_an_image_is_read_in_stream_order() -> None:
    dense = Dense(np.arange(12).reshape(1, 12), IntType(0, 255))
    x = np.arange(12).reshape(1, 2, 3, 2)
    assert dense.compute(x).tolist() == [[sum(k * k for k in range(12))]]
    assert dense.output_shape([(2, 3, 2)]) == (1,)
    with pytest.raises(ValueError, match=r"^takes 12 features, not a tensor of shape \(2, 3\)$"):
        dense.output_shape([(2, 3)])


def test_weight_types() -> None:
    assert Dense(np.array([[1, -1]]), BIPOLAR).weight_type == BIPOLAR
    assert Dense(np.array([[1, 0]]), BIPOLAR).weight_type == IntType(0, 1)
    assert Dense(np.array([[-3, 0]]), BIPOLAR).weight_bits == 6


def test_a_vector_that_is_read_again_may_lie_in_ram_wherever_the_layer_stands() -> None:
    dense = Dense(np.ones((8, 512), np.int64), BIPOLAR)
    for place in (Place(), Place(first=True)):
        styles = {
            (o.feed_style, o.folding.pe == 8) for o in dense.all_options(load_board("icebreaker"), place)
        }
        assert ("block", False) in styles
        assert ("huge", False) in styles
        assert ("block", True) not in styles  # one pass needs no buffer
