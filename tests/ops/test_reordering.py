"""Which layers a Reshape becomes, and that they do what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.ir.moves import Reshape
from bnngen.numbers.datatypes import IntType
from bnngen.ops.depth_to_space import DepthToSpace
from bnngen.ops.reordering import reordering_layers
from bnngen.ops.space_to_depth import SpaceToDepth
from bnngen_boards.profile import load_board

TYPE = IntType(0, 1000)


def check(op: Reshape, shape: tuple[int, ...]) -> int:
    """How many layers there are; they are compared with the Reshape."""
    row = reordering_layers(op, shape, TYPE)
    assert row is not None
    x = np.arange(int(np.prod(shape)))[None]
    for layer, view in row:
        x = layer.compute(x.reshape(1, *view))
    assert x.ravel().tolist() == op.permutation(shape).tolist()
    return len(row)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_blocks_and_channels(data: st.DataObject) -> None:
    """Any order of block and channels, both ways, for maps and sequences."""
    down, along, left, height, width = (data.draw(st.integers(1, 3)) for _ in range(5))
    if data.draw(st.booleans()):
        down = height = 1
    places = data.draw(st.permutations([0, 1, 2]))
    sizes = [[down, along, left][k] for k in places]
    names = [places.index(k) for k in range(3)]
    wide = (down * along * left, height, width)
    high = (left, height * down, width * along)
    spread = Reshape(high, (((*sizes, height, width), (names[2], 3, names[0], 4, names[1])),))
    order = [[2, 4, 0][k] for k in places]
    gather = Reshape(wide, (((left, height, down, width, along), (*order, 1, 3)),))
    for op, first in ((spread, wide), (gather, high)):
        assert check(op, (*first[1:], first[0])) <= 2
        if op.shape[1] == first[1] == 1:
            sequence = Reshape((op.shape[0], op.shape[2]), op.transpositions)
            assert check(sequence, (first[2], first[0])) <= 1


def test_channels_alone() -> None:
    assert check(Reshape((6, 2, 2), (((2, 3, 2, 2), (1, 0, 2, 3)),)), (2, 2, 6)) == 1


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (Reshape((2, 4, 3), (((2, 3, 4), (0, 2, 1)),)), (3, 4, 2)),
        (Reshape((4, 3, 2), (((2, 3, 4), (2, 1, 0)),)), (3, 4, 2)),
        (Reshape((24,)), (3, 4, 2)),
        (Reshape((4, 6)), (3, 4, 2)),
    ],
)
def test_what_no_layer_does(op: Reshape, shape: tuple[int, ...]) -> None:
    assert reordering_layers(op, shape, TYPE) is None


def test_lanes() -> None:
    """Those of a row of a block may come at once; positions that become channels bring theirs one by one."""
    board = load_board("icebreaker")
    spread, gather = DepthToSpace((2, 3), (2, 2, 12), TYPE), SpaceToDepth((2, 2), (4, 4, 6), TYPE)
    assert {(o.folding.pe, o.cycles) for o in spread.all_options(board)} == {
        (1, 48),
        (2, 24),
        (3, 16),
        (6, 8),
    }
    assert {(o.folding.pe, o.cycles) for o in gather.all_options(board)} == {
        (1, 96),
        (2, 48),
        (3, 32),
        (6, 16),
    }
    assert spread.output_shape([(2, 2, 12)]) == (4, 6, 2)
    assert gather.output_shape([(4, 4, 6)]) == (2, 2, 24)
    assert (spread.elements_out, gather.elements_out) == (48, 96)
    with pytest.raises(ValueError, match=r"takes a tensor of shape \(2, 2, 12\), not of shape \(1, 2, 2\)"):
        spread.output_shape([(1, 2, 2)])
