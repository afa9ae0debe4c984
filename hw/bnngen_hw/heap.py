"""Bit heaps: sums of many bits of equal or different weight, for many lanes at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Out

from bnngen_hw.component import Part

Level = tuple[tuple[int, int], ...]
"""One level of a compressor tree: for each column, how many full and how many half adders."""


def heap_max(heights: Sequence[int]) -> int:
    """The greatest sum of a heap that has ``heights[c]`` bits of weight 2**c."""
    return sum(height << c for c, height in enumerate(heights))


def _target(height: int) -> int:
    """The height that one level can reach from ``height``: the next lower one of 2, 3, 4, 6, 9, 13, ..."""
    reached = 2
    while (reached * 3) // 2 < height:
        reached = (reached * 3) // 2
    return reached


def _level(heights: Sequence[int]) -> Level:
    """Full adders wherever three bits meet; a half adder only where the column would stay too high."""
    target = _target(max(heights))
    carry, level = 0, []
    for height in heights:
        full = height // 3
        half = int(height % 3 == 2 and height - 2 * full + carry > target)
        level.append((full, half))
        carry = full + half
    return tuple(level)


def apply_level(heights: Sequence[int], level: Level) -> list[int]:
    """The heights after a level of compressors."""
    carries = [0] + [full + half for full, half in level]
    kept = [height - 2 * full - half for height, (full, half) in zip(heights, level, strict=True)]
    kept.append(0)
    new = [k + c for k, c in zip(kept, carries, strict=True)]
    return new if new[-1] else new[:-1]


def plan_levels(heights: Sequence[int]) -> list[Level]:
    """The compressor levels that bring every column down to two bits, the fewest that full adders allow."""
    levels, now = [], list(heights)
    while max(now) > 2:
        levels.append(_level(now))
        now = apply_level(now, levels[-1])
    return levels


def heap_latency(heights: Sequence[int], levels_per_stage: int) -> int:
    """Cycles from the bits to the registered sum of a `BitHeap` of this shape."""
    levels = plan_levels(heights)
    final = list(heights)
    for level in levels:
        final = apply_level(final, level)
    stages, rest = divmod(len(levels), levels_per_stage)
    return stages + (1 if rest or max(final) > 1 or not stages else 0)


class BitHeap(Part):
    """Adds up ``heights[c]`` bits of weight 2**c, for ``pe`` lanes side by side.

    A "bit" of the heap is a vector with one bit per lane, so that one bitwise statement is an adder of
    every lane. Three-to-two compressors until no column has more than two bits, then one addition with
    carry chain per lane. Registers after every ``levels_per_stage`` levels and after the addition.

    Free running: a new heap every cycle. Latency: ``latency`` cycles.

    Ports: ``bits`` (in): the vectors, column after column, the first lowest; ``sums`` (out): ``pe`` sums of
    ``width`` bits, lane 0 lowest.

    Raises ValueError if the heap is empty or a parameter is below 1.
    """

    def __init__(self, heights: Sequence[int], pe: int, levels_per_stage: int = 2) -> None:
        if pe < 1 or levels_per_stage < 1:
            raise ValueError("a bit heap needs at least one lane and one level per stage")
        if not sum(heights) or min(heights) < 0:
            raise ValueError("a bit heap needs at least one bit")
        self.heights, self.pe, self.levels_per_stage = tuple(heights), pe, levels_per_stage
        self.width = heap_max(heights).bit_length()
        self.latency = heap_latency(heights, levels_per_stage)
        super().__init__({"bits": In(sum(heights) * pe), "sums": Out(self.width * pe)})

    def elaborate(self, platform: Any) -> Module:
        """Emits the plan level by level, then the additions."""
        m = Module()
        columns = self._columns()
        levels = plan_levels(self.heights)
        for number, level in enumerate(levels, 1):
            columns = _compress(m, columns, level, f"l{number}")
            if number % self.levels_per_stage == 0:
                columns = _register(m, columns, f"r{number}")
        totals = Cat(_lane_total(m, columns, lane, self.width) for lane in range(self.pe))
        if self.latency > len(levels) // self.levels_per_stage:
            registered = Signal(self.width * self.pe, reset_less=True)
            m.d.sync += registered.eq(totals)
            m.d.comb += self.sums.eq(registered)
        else:
            m.d.comb += self.sums.eq(totals)
        return m

    def _columns(self) -> list[list[Value]]:
        starts = accumulate(self.heights, initial=0)
        return [
            [self.bits[(start + k) * self.pe : (start + k + 1) * self.pe] for k in range(height)]
            for start, height in zip(starts, self.heights, strict=False)
        ]


def _register(m: Module, columns: list[list[Value]], prefix: str) -> list[list[Value]]:
    """The columns one cycle later. The pipeline runs freely, so it needs no reset."""
    later: list[list[Value]] = []
    for c, column in enumerate(columns):
        later.append(
            [Signal(len(bit), name=f"{prefix}_{c}_{k}", reset_less=True) for k, bit in enumerate(column)]
        )
        m.d.sync += [register.eq(bit) for register, bit in zip(later[-1], column, strict=True)]
    return later


def _compress(m: Module, columns: list[list[Value]], level: Level, prefix: str) -> list[list[Value]]:
    """One level of full and half adders: the columns after it."""
    new: list[list[Value]] = [[] for _ in range(len(level) + 1)]
    for c, (column, (full, half)) in enumerate(zip(columns, level, strict=True)):
        for k in range(full + half):
            first = 3 * k
            inputs = column[first : first + (3 if k < full else 2)]
            total, carry = _adder(m, inputs, f"{prefix}_{c}_{k}")
            new[c].append(total)
            new[c + 1].append(carry)
        new[c] += column[3 * full + 2 * half :]
    return new if new[-1] else new[:-1]


def _adder(m: Module, inputs: list[Value], name: str) -> tuple[Signal, Signal]:
    """Sum and carry of two or three vectors, lane by lane."""
    a, b, *rest = inputs
    total = Signal(len(a), name=f"{name}_s")
    carry = Signal(len(a), name=f"{name}_c")
    if rest:
        m.d.comb += [total.eq(a ^ b ^ rest[0]), carry.eq((a & b) | (rest[0] & (a ^ b)))]
    else:
        m.d.comb += [total.eq(a ^ b), carry.eq(a & b)]
    return total, carry


def _lane_total(m: Module, columns: list[list[Value]], lane: int, width: int) -> Signal:
    """The sum of one lane of columns at most two high: single low columns pass, the rest is one addition."""
    two = next((c for c, column in enumerate(columns) if len(column) == 2), len(columns))
    low = [column[0][lane] if column else Const(0, 1) for column in columns[:two]]
    rows = [
        Cat(column[r][lane] if r < len(column) else Const(0, 1) for column in columns[two:]) for r in (0, 1)
    ]
    total = Signal(width, name=f"total{lane}")
    m.d.comb += total.eq(Cat(*low, rows[0] + rows[1]))
    return total
