"""Cuts of ROMs against dynamic programming over every way to group the columns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnngen.cost.rom_cut import Columns, cut, rom_cost

ICE40 = ((16, 256), (8, 512), (4, 1024), (2, 2048))
ECP5 = ((36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384))
SHAPES = st.sampled_from([ICE40, ECP5])


def best(width: int, depth: int, shapes: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """Blocks and multiplexers of the best grouping."""
    table = [(0, 0)]
    for columns in range(1, width + 1):
        ways = ((min(w, columns), -(-depth // d)) for w, d in shapes)
        table.append(min((table[columns - w][0] + n, table[columns - w][1] + w * (n - 1)) for w, n in ways))
    return table[width]


@settings(max_examples=200, deadline=None)
@given(SHAPES, st.integers(1, 120), st.integers(8, 40_000))
def test_no_grouping_takes_fewer_blocks(shapes: tuple[tuple[int, int], ...], width: int, depth: int) -> None:
    assert rom_cost(width, depth, shapes).blocks == best(width, depth, shapes)[0]


@settings(max_examples=200, deadline=None)
@given(SHAPES, st.integers(1, 300), st.integers(2, 5000))
def test_the_cut_is_what_is_counted_and_fits_blocks(
    shapes: tuple[tuple[int, int], ...], width: int, depth: int
) -> None:
    groups = list(cut(width, depth, shapes))
    assert [0, *(g.column + g.width for g in groups)] == [*(g.column for g in groups), width]
    assert all(any(g.width <= w and g.stride == d for w, d in shapes) for g in groups)
    blocks = sum(-(-depth // group.stride) for group in groups)
    choices = sum(group.width * (-(-depth // group.stride) - 1) for group in groups)
    if depth >= width.bit_length():
        assert rom_cost(width, depth, shapes) == (blocks, choices)


@given(SHAPES, st.integers(2, 3000))
def test_more_columns_never_take_fewer_blocks(shapes: tuple[tuple[int, int], ...], depth: int) -> None:
    """So a ROM that stores fewer columns than it could never takes more than was planned."""
    costs = [rom_cost(width, depth, shapes).blocks for width in range(1, 130)]
    assert all(a <= b for a, b in pairwise(costs))


def test_columns_of_one_memory_may_take_different_shapes() -> None:
    assert list(cut(20, 600, ICE40)) == [Columns(0, 16, 256), Columns(16, 4, 1024)]


@pytest.mark.parametrize(("depth", "columns"), [(2, 2), (3, 6), (4, 14)])
def test_few_words_have_few_columns(depth: int, columns: int) -> None:
    assert rom_cost(5000, depth, ICE40).blocks == -(-columns // 16)
