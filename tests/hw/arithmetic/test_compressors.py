"""Plans of compressor trees: nothing is lost, two operands a column stay, and the cost is what was promised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnngen_hw.arithmetic.compressors import (
    Cell,
    Heap,
    Weights,
    apply_level,
    first_heap,
    plan_levels,
    plan_tree,
)
from bnngen_hw.target import LutInputs, Target

HEIGHTS = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(sum).map(tuple)
KINDS = st.sampled_from(["any", "counted", "constant"])


def total(heap: Heap) -> int:
    """The greatest sum that the heap can hold if all its operands are independent."""
    return sum((b + p) << c for c, (b, p) in enumerate(zip(*heap, strict=True)))


@given(heights=HEIGHTS, lut_inputs=st.sampled_from([4, 6]), weights=KINDS)
def test_plan_ends_with_two_operands_a_column(
    heights: tuple[int, ...], lut_inputs: LutInputs, weights: Weights
) -> None:
    final = heap = first_heap(heights, weights)
    levels = plan_levels(heights, lut_inputs, weights)
    for level in levels:
        final = apply_level(final, level)
    assert final.height <= 2
    assert total(final) >= total(heap)
    for level in levels:
        assert all(
            1 <= cell.bits + cell.products <= (3 if lut_inputs == 4 else 6) for c in level for cell in c
        )


@given(heights=HEIGHTS, lut_inputs=st.sampled_from([4, 6]))
def test_no_cell_takes_what_is_not_there(heights: tuple[int, ...], lut_inputs: LutInputs) -> None:
    heap = first_heap(heights)
    for level in plan_levels(heights, lut_inputs):
        for cells, bits, products in zip(level, *heap, strict=True):
            assert sum(cell.bits for cell in cells) <= bits
            assert sum(cell.products for cell in cells) <= products
        heap = apply_level(heap, level)


def luts(heights: tuple[int, ...], lut_inputs: LutInputs, weights: Weights = "any") -> int:
    return plan_tree(heights, Target(lut_inputs), weights).counter_luts


@pytest.mark.parametrize(
    ("lut_inputs", "height", "cost", "levels"),
    [(4, 64, 148, 7), (4, 784, 1938, 13), (6, 64, 82, 6), (6, 128, 166, 6), (6, 784, 1043, 14)],
)
def test_cost_and_depth(lut_inputs: LutInputs, height: int, cost: int, levels: int) -> None:
    """About 2.3 LUT4 or 1.3 LUT6 a product; a plain tree of full adders takes 3 and 2."""
    assert (luts((height,), lut_inputs), len(plan_levels((height,), lut_inputs))) == (cost, levels)


def test_counted_weights_take_a_lut_a_product() -> None:
    assert plan_levels((7,), 6, "counted")[0] == ((Cell(0, 1),) * 7,)
    assert luts((64,), 6, "counted") == 64 + luts((64,), 6, "constant")


def test_products_at_the_top_of_a_heap_stay() -> None:
    """A column above the highest carry has products only."""
    assert apply_level(Heap((0, 0, 0), (3, 0, 1)), ((Cell(0, 3),), (), ())) == Heap((1, 1, 0), (0, 0, 1))


def test_tree_of_five_products() -> None:
    """Level 1: three products meet, two wait; then the sum takes both. One register stage in between holds
    two bits, and the waiting products with their inputs."""
    tree = plan_tree((5,), Target(4, 1))
    assert [len(level[0]) for level in tree.levels] == [1, 1]
    assert (tree.counter_luts, tree.adder_bits, tree.latency) == (7, 1, 3)
    assert tree.registers == (2 + 2 * 2) + 3
