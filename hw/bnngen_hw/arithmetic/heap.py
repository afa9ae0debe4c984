"""Bit heaps: sums of many products of one bit each, of equal or different weight, for many lanes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from bnngen_hw.arithmetic.compressors import Cell, Level, Weights, plan_tree
from bnngen_hw.arithmetic.product_code import Gate
from bnngen_hw.part import Part
from bnngen_hw.target import Target


def heap_max(heights: Sequence[int]) -> int:
    """The greatest sum of a heap that has ``heights[c]`` products of weight 2**c."""
    return sum(height << c for c, height in enumerate(heights))


@dataclass(frozen=True)
class Product:
    """A product that waits: copies of its input bit, the lanes' weight bits, and the gate."""

    x: Value
    w: Value
    gate: Gate

    @property
    def value(self) -> Value:
        """The gates of all lanes, which take the copies of the input in turns of equal length."""
        w, lanes = self.w, -(-len(self.w) // len(self.x))
        x = Cat(copy.replicate(lanes) for copy in self.x)[: len(w)]
        return {"xnor": ~(x ^ w), "xor": x ^ w, "and": x & w, "nand": ~(x & w)}[self.gate]


@dataclass(frozen=True)
class _Column:
    """What a column of the heap holds between two levels."""

    bits: list[Value]
    products: list[Product]


class BitHeap(Part):
    """Adds up products: ``columns[c]`` are the gates of those of weight 2**c; for ``pe`` lanes side by side.

    A "bit" of the heap is a vector with one bit per lane, so that one bitwise statement is a counter of
    every lane. Counters as `compressors` plans them until no column has more than two operands, then one
    addition with carry chain per lane. Registers after every ``levels_per_stage`` levels and after the
    addition. ``weights``: where port ``w`` comes from, as `compressors` tells it.

    Free running: a new heap every cycle. Latency: ``latency`` cycles.

    Ports: ``x`` (in): for each product, column after column, ``target.copies(pe)`` copies of its input bit,
    each for as many lanes; ``w`` (in): for each product the ``pe`` weight bits; ``sums`` (out): ``pe`` sums
    of ``width`` bits, lane 0 lowest.

    Raises ValueError if the heap is empty or has no lanes.
    """

    def __init__(
        self, columns: Sequence[Sequence[Gate]], pe: int, target: Target, weights: Weights = "any"
    ) -> None:
        if pe < 1 or not any(columns):
            raise ValueError("a bit heap needs at least one lane and one product")
        self.columns, self.pe, self.target, self.weights = columns, pe, target, weights
        heights = tuple(len(column) for column in columns)
        self.tree = plan_tree(heights, target, weights)
        self.latency, self.width = self.tree.latency, heap_max(heights).bit_length()
        self.copies = target.copies(pe)
        x, w = In(sum(heights) * self.copies), In(sum(heights) * pe)
        super().__init__({"x": x, "w": w, "sums": Out(self.width * pe)})

    def elaborate(self, platform: Any) -> Module:
        """Emits the plan level by level, then the additions."""
        m = Module()
        columns = self._first_columns(m)
        for number, level in enumerate(self.tree.levels, 1):
            columns = _compress(m, columns, level, f"l{number}")
            if number % self.target.levels_per_stage == 0:
                columns = [_later(m, column, f"r{number}_{c}") for c, column in enumerate(columns)]
        rows = [_operands(m, column, f"final_{c}") for c, column in enumerate(columns)]
        totals = Cat(_lane_total(m, rows, lane, self.width) for lane in range(self.pe))
        if self.tree.registers_total:
            registered = Signal(self.width * self.pe, reset_less=True)
            m.d.sync += registered.eq(totals)
            m.d.comb += self.sums.eq(registered)
        else:
            m.d.comb += self.sums.eq(totals)
        return m

    def _first_columns(self, m: Module) -> list[_Column]:
        numbers = iter(range(sum(map(len, self.columns))))
        columns = [_Column([], [self._product(next(numbers), g) for g in gates]) for gates in self.columns]
        if self.weights == "constant":
            return [_Column(_operands(m, column, f"in_{c}"), []) for c, column in enumerate(columns)]
        return columns

    def _product(self, number: int, gate: Gate) -> Product:
        x, w = (
            port[number * size : (number + 1) * size]
            for port, size in ((self.x, self.copies), (self.w, self.pe))
        )
        return Product(x, w, gate)


def _later(m: Module, column: _Column, prefix: str) -> _Column:
    """The column one cycle later."""

    def register(value: Value, name: str) -> Signal:
        # the pipeline runs freely, so it needs no reset
        later = Signal(len(value), name=f"{prefix}_{name}", reset_less=True)
        m.d.sync += later.eq(value)
        return later

    bits = [register(bit, f"{k}") for k, bit in enumerate(column.bits)]
    products = [
        Product(register(p.x, f"x{k}"), register(p.w, f"w{k}"), p.gate) for k, p in enumerate(column.products)
    ]
    return _Column(bits, products)


def _compress(m: Module, columns: Sequence[_Column], level: Level, prefix: str) -> list[_Column]:
    """One level of counters: the columns behind it."""
    new = [_Column([], []) for _ in range(len(level) + 2)]
    for c, (column, cells) in enumerate(zip(columns, level, strict=True)):
        bits, products = iter(column.bits), iter(column.products)
        for k, cell in enumerate(cells):
            name = f"{prefix}_{c}_{k}"
            operands = list(_take(m, bits, products, cell, name))
            for place, output in enumerate(_count(m, operands, name)):
                new[c + place].bits.append(output)
        new[c].bits.extend(bits)
        new[c].products.extend(products)
    while not new[-1].bits and not new[-1].products:
        new.pop()
    return new


def _take(
    m: Module, bits: Iterator[Value], products: Iterator[Product], cell: Cell, name: str
) -> Iterator[Value]:
    """A cell's operands; its products get names, so that each is written once."""
    for _ in range(cell.bits):
        yield next(bits)
    for k in range(cell.products):
        yield _named(m, next(products).value, f"{name}_p{k}")


def _named(m: Module, value: Value, name: str) -> Signal:
    signal = Signal(len(value), name=name)
    m.d.comb += signal.eq(value)
    return signal


def _operands(m: Module, column: _Column, name: str) -> list[Value]:
    """A column's bits, with the products that nothing has taken."""
    return [*column.bits, *(_named(m, p.value, f"{name}_p{k}") for k, p in enumerate(column.products))]


def _count(m: Module, operands: list[Value], name: str) -> list[Value]:
    """The binary number of ones among up to six operands, lane by lane, lowest bit first."""
    if len(operands) <= 3:
        return _adder(m, operands, name)
    first, carry_a = _adder(m, operands[:3], f"{name}_a")
    second, *carry_b = _adder(m, operands[3:], f"{name}_b")
    total, carry_c = _adder(m, [first, second], f"{name}_c")
    return [total, *_adder(m, [carry_a, carry_c, *carry_b], f"{name}_d")]


def _adder(m: Module, operands: list[Value], name: str) -> list[Value]:
    """Sum and carry of up to three operands; one operand is its own sum."""
    if len(operands) == 1:
        return operands
    a, b, *rest = operands
    if not rest:
        return [_named(m, a ^ b, f"{name}_s"), _named(m, a & b, f"{name}_c")]
    c = rest[0]
    return [_named(m, a ^ b ^ c, f"{name}_s"), _named(m, (a & b) | (c & (a ^ b)), f"{name}_c")]


def _lane_total(m: Module, rows: list[list[Value]], lane: int, width: int) -> Signal:
    """The sum of one lane of columns at most two high: single low columns pass, the rest is one addition."""
    two = next((c for c, row in enumerate(rows) if len(row) == 2), len(rows))
    low = [row[0][lane] if row else Const(0, 1) for row in rows[:two]]
    high = [Cat(row[r][lane] if r < len(row) else Const(0, 1) for row in rows[two:]) for r in (0, 1)]
    total = Signal(width, name=f"total{lane}")
    m.d.comb += total.eq(Cat(*low, high[0] + high[1]))
    return total
