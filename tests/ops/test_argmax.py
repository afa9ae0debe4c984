"""The class index: greatest score, lowest index at a tie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen.numbers.datatypes import IntType
from bnngen.ops.argmax import ClassIndex


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=1)
    )
)
def test_the_first_of_the_greatest(scores: list[list[int]]) -> None:
    op = ClassIndex(len(scores[0]))
    y = op.compute(np.array(scores))
    assert y.dtype == np.int64
    assert y.tolist() == [[frame.index(max(frame))] for frame in scores]
    assert op.output_type.holds(y)


def test_types_and_shapes() -> None:
    assert ClassIndex(10).output_type == IntType(0, 9)
    assert ClassIndex(1).output_type == IntType(0, 1)
    assert ClassIndex(3).output_shape([(3,)]) == (1,)
    with pytest.raises(ValueError, match=r"^takes 3 scores, not a tensor of shape \(4,\)$"):
        ClassIndex(3).output_shape([(4,)])


def test_at_each_position() -> None:
    op = ClassIndex(2, spatial=(2, 3))
    assert (op.elements_in, op.elements_out, op.output_shape([(2, 3, 2)])) == (12, 6, (2, 3, 1))
    x = np.array([[[[0, 1], [2, 1], [1, 1]], [[3, 0], [0, 3], [0, 0]]]])
    assert op.compute(x)[..., 0].tolist() == [[[1, 0, 0], [0, 1, 0]]]
    with pytest.raises(
        ValueError, match=r"^takes 2 scores at each position of \(2, 3\), not a tensor of shape \(2, 2, 3\)"
    ):
        op.output_shape([(2, 2, 3)])


def test_offsets_and_a_shift() -> None:
    op = ClassIndex(3, shift=1, offsets=(0, 1, -9))
    assert op.compute(np.array([[1, 1, 1], [2, 1, 9], [0, 0, 4]], np.int8)).ravel().tolist() == [1, 2, 1]
