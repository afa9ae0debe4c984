"""Plans of compressor trees: which bits of a heap meet in which counter, level by level.

A heap's columns start as *products*, gates of an input bit and a weight bit that nobody has computed yet,
and become *bits* on the way. A counter (`Cell`) takes some of both and gives the binary number of ones. What
a counter costs depends on the LUT, so each kind of fabric has a rule of its own:

- LUT4: full adders, two LUTs each. One of the three operands may be a product, whose gate fits into both
  LUTs and costs nothing; so products wait for two bits to meet. About 2.3 LUTs a product for a heap of 64.
- LUT6: three products meet in two LUTs, then six bits in three LUTs (6:3 counters), which removes a bit for
  each LUT. About 1.3 LUTs a product.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from bnngen_hw.target import LutInputs, Target

Weights = Literal["any", "counted", "constant"]
"""Where the weight bits come from: any register; a counter of few bits, which is read in the same LUT as the
input bit, so that every product is one LUT; or nowhere: products are then input bits, inverted or not."""


class Cell(NamedTuple):
    """A counter of ``bits`` bits and ``products`` products of one column."""

    bits: int
    products: int

    @property
    def outputs(self) -> int:
        """Bits of its result: the first stays in the column, the next go one column up each."""
        return (self.bits + self.products).bit_length()


class Heap(NamedTuple):
    """How many bits and how many products each column has."""

    bits: tuple[int, ...]
    products: tuple[int, ...]

    @property
    def height(self) -> int:
        """Operands in the highest column."""
        return max(b + p for b, p in zip(*self, strict=True))


Level = tuple[tuple[Cell, ...], ...]
"""One level of a compressor tree: the cells of each column."""


def apply_level(heap: Heap, level: Level) -> Heap:
    """The heap behind a level of counters."""
    bits, products = [*heap.bits, 0, 0], [*heap.products, 0, 0]
    for column, cells in enumerate(level):
        for cell, count in Counter(cells).items():
            bits[column] -= count * cell.bits
            products[column] -= count * cell.products
            for place in range(cell.outputs):
                bits[column + place] += count
    while not bits[-1] and not products[-1]:
        bits.pop()
        products.pop()
    return Heap(tuple(bits), tuple(products))


def first_heap(heights: tuple[int, ...], weights: Weights = "any") -> Heap:
    """The heap of ``heights[c]`` products of weight 2**c; with constant weights they are bits already."""
    none = (0,) * len(heights)
    return Heap(heights, none) if weights == "constant" else Heap(none, heights)


@cache
def plan_levels(
    heights: tuple[int, ...], lut_inputs: LutInputs, weights: Weights = "any"
) -> tuple[Level, ...]:
    """The levels that bring ``heights[c]`` products of weight 2**c down to two operands a column."""
    heap = first_heap(heights, weights)
    levels: list[Level] = []
    if weights == "counted":
        levels.append(tuple((Cell(0, 1),) * height for height in heights))
        heap = apply_level(heap, levels[-1])
    while heap.height > 2:
        levels.append(_level_lut4(heap) if lut_inputs == 4 else _level_lut6(heap))
        heap = apply_level(heap, levels[-1])
    return tuple(levels)


@dataclass(frozen=True)
class Tree:
    """A planned tree with its registers, and what it costs a lane.

    ``latency``: cycles from the products to the registered sum. ``counter_luts``: of all counters.
    ``adder_bits``: of the addition at the end. ``registers``: flip-flops between the levels, the sum's not
    among them.
    """

    levels: tuple[Level, ...]
    latency: int
    registers_total: bool
    counter_luts: int
    adder_bits: int
    registers: int


@cache
def plan_tree(heights: tuple[int, ...], target: Target, weights: Weights = "any") -> Tree:
    """The tree for ``heights[c]`` products of weight 2**c on the fabric ``target``."""
    levels = plan_levels(heights, target.lut_inputs, weights)
    heap, registers = first_heap(heights, weights), 0
    for number, level in enumerate(levels, 1):
        heap = apply_level(heap, level)
        if number % target.levels_per_stage == 0:
            registers += sum(heap.bits) + 2 * sum(heap.products)
    stages, rest = divmod(len(levels), target.levels_per_stage)
    registers_total = bool(rest or heap.height > 1 or not stages)
    columns = [bits + products for bits, products in zip(*heap, strict=True)]
    first = next((c for c, column in enumerate(columns) if column > 1), len(columns))
    counter_luts = sum(
        count * cell_luts(cell, target.lut_inputs)
        for level in levels
        for cells in level
        for cell, count in Counter(cells).items()
    )
    return Tree(
        levels,
        stages + registers_total,
        registers_total,
        counter_luts + sum(heap.products),
        len(columns) - first,
        registers,
    )


def cell_luts(cell: Cell, lut_inputs: LutInputs) -> int:
    """LUTs of a counter: one for each output, and for LUT4 one for each product beyond the first of an
    adder."""
    spare = cell.products - 1 if lut_inputs == 4 and cell.products else 0
    return cell.outputs + spare


def _level_lut4(heap: Heap) -> Level:
    target = _dadda_target(heap.height)
    carries, level = 0, []
    for bits, products in zip(*heap, strict=True):
        level.append(_column_lut4(bits, products, carries, target))
        carries = len(level[-1])
    return tuple(level)


def _column_lut4(bits: int, products: int, carries: int, target: int) -> tuple[Cell, ...]:
    """Full adders wherever three operands meet, at most one of them a product as far as that goes."""
    merges = min(bits // 2, products)
    cells = [Cell(2, 1)] * merges
    bits, products = bits - 2 * merges, products - merges
    if products:
        # bits that are merged to one later take a product each; the others must meet now, three at a time
        unmatched = products - (merges + bits + carries) + 1
        for _ in range(-(-unmatched // 4)):
            taken = min(3, products)
            if bits + taken >= 3:
                cells.append(Cell(3 - taken, taken))
                bits, products = bits - (3 - taken), products - taken
        return tuple(cells)
    cells += [Cell(3, 0)] * (bits // 3)
    # a half adder gains nothing but height, so only where the column would stay too high
    if bits % 3 == 2 and len(cells) + 2 + carries > target:
        cells.append(Cell(2, 0))
    return tuple(cells)


def _dadda_target(height: int) -> int:
    """The height that one level of full adders can reach from ``height``: the next lower one of 2, 3, 4, 6,
    9, 13, ... (Dadda, Some schemes for parallel multipliers, 1965)."""
    reached = 2
    while (reached * 3) // 2 < height:
        reached = (reached * 3) // 2
    return reached


def _level_lut6(heap: Heap) -> Level:
    """Products by threes and bits by sixes; smaller counters, which cost more a bit, only once no column
    has six."""
    busy = any(heap.products) or max(heap.bits) >= 6
    level = []
    for bits, products in zip(*heap, strict=True):
        cells = [Cell(0, 3)] * (products // 3) + [Cell(0, products % 3)] * (products % 3 > 0)
        cells += [Cell(6, 0)] * (bits // 6)
        if not busy and bits >= 3:
            cells.append(Cell(5 if bits == 5 else 3, 0))
        level.append(tuple(cells))
    return tuple(level)
