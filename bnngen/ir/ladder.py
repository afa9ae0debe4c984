"""A row of thresholds with equal distances: those of a quantiser that rounds an affine function.

The 255 thresholds of an 8-bit quantiser are two numbers here, and what passes do with a row costs as much
as with one threshold.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.step import ALWAYS, NEVER, Bound
from bnngen.numbers.exact import Exact, exact_array
from bnngen.numbers.rounding import bound, mirrored, round_affine, round_exactly, twice_bound

FIRST, LAST = -(1 << 62), 1 << 62
"""In place of a rounded value: the threshold is always passed, or never."""
_PRECISION = 128
"""Bits behind the point with which thresholds are first computed."""


@dataclass(frozen=True, eq=False)
class Ladder(Sequence[Bound]):
    """The thresholds at which round(mul*x + add) reaches each of ``steps``, in the rounding ``mode``.

    ``steps`` are whole numbers that don't descend, or `FIRST` and `LAST`. ``mul`` is not 0; where it is below
    0 the row falls. ``distance`` is 1/mul, which can't be computed of every ``mul``.
    """

    mode: str
    steps: tuple[int, ...]
    mul: Exact = Exact.of(1)  # noqa: RUF009 - never changes
    add: Exact = Exact()  # noqa: RUF009
    distance: Exact = Exact.of(1)  # noqa: RUF009

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Bound: ...
    @overload
    def __getitem__(self, index: slice) -> Ladder: ...
    def __getitem__(self, index: int | slice) -> Bound | Ladder:
        if isinstance(index, slice):
            return replace(self, steps=self.steps[index])
        step = self.steps[index]
        if step in (FIRST, LAST):
            return ALWAYS if step == FIRST else NEVER
        edge, strict = bound(self.mode, step)
        return Bound((Exact.of(edge) - self.add) * self.distance, strict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    @property
    def decides(self) -> bool:
        """Whether any threshold depends on x."""
        return any(FIRST < step < LAST for step in self.steps)

    def passed(self, x: Exact) -> int:
        """How many thresholds ``x`` passes."""
        return bisect_left(self.steps, round_exactly(self.mul * x + self.add, self.mode) + 1)

    def passed_by(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same of whole numbers."""
        least, most = (min(max(s, -(1 << 52)), 1 << 52) for s in (self.steps[0], self.steps[-1]))
        rounded = round_affine(
            x, exact_array(self.mul), exact_array(self.add), self.mode, least - 1, most + 1
        )
        return np.searchsorted(np.array(self.steps), rounded, side="right")

    def behind(self, mul: Exact, add: Exact) -> Sequence[Bound]:
        """The row for the numbers x with which mul*x + add passes this row."""
        if mul:
            scaled = replace(self, mul=self.mul * mul, distance=self.distance * mul.reciprocal())
            return replace(scaled, add=self.mul * add + self.add)
        count = self.passed(add)
        return (ALWAYS,) * count + (NEVER,) * (len(self) - count)

    def negated(self) -> Ladder:
        """The row for -x."""
        return replace(self, mul=-self.mul, distance=-self.distance)

    def limited(self, always: int, never: int) -> Ladder:
        """The row whose first so many thresholds are always passed, and those from ``never`` on never."""
        kept = self.steps[always:never]
        return replace(self, steps=(FIRST,) * always + kept + (LAST,) * (len(self) - max(always, never)))

    def picked(self, places: Sequence[int]) -> Ladder:
        """The thresholds at these places; before the first place lies one that is always passed, behind the
        last one that never is."""
        steps = (FIRST, *self.steps, LAST)
        return replace(self, steps=tuple(steps[min(max(place, -1), len(self)) + 1] for place in places))

    def complement(self) -> Ladder:
        """The row, in the turned sense and so in the same order, of thresholds that are passed exactly where
        those of this one are not."""
        steps = tuple({FIRST: LAST, LAST: FIRST}.get(step, 1 - step) for step in self.steps)
        return replace(self.negated(), add=-self.add, mode=mirrored(self.mode), steps=steps)

    def integers(self, lo: int, hi: int, falls: bool) -> list[int]:
        """For each threshold the least whole number that passes it, or if the row ``falls`` the least that
        doesn't, within [lo, hi + 1]. A row that decides nothing falls or not as it is wished."""
        ends = {FIRST: hi + 1 if falls else lo, LAST: lo if falls else hi + 1}
        for step, (below, whole, strict) in self._floors.items():
            ends[step] = min(max(below + 1 if strict != falls or not whole else below, lo), hi + 1)
        return [ends[step] for step in self.steps]

    @cached_property
    def _floors(self) -> dict[int, tuple[int, bool, bool]]:
        """For each step the floor of its threshold, whether it is that number, and whether it is strict."""
        slope, start = self.distance, -self.add * self.distance
        edges = {s: twice_bound(self.mode, s) for s in self.steps if FIRST < s < LAST}
        if slope.is_rational and start.is_rational:
            return _divided(start.fraction(), slope.fraction() / 2, edges)
        ends, found = [_scaled(value) for value in (start, slope)], {}
        for step, (twice, strict) in edges.items():
            below, whole = _floor(twice, *ends), False
            if below is None:
                value = start + slope * Fraction(twice, 2)
                below = math.floor(value)
                whole = value == below
            found[step] = (below, whole, strict)
        return found


def _divided(
    start: Fraction, half: Fraction, edges: Mapping[int, tuple[int, bool]]
) -> dict[int, tuple[int, bool, bool]]:
    """floor(start + edge*half), whether nothing is left over, and what belongs to the edge: quicker than with
    fractions."""
    divisor = start.denominator * half.denominator
    first, distance = start.numerator * half.denominator, half.numerator * start.denominator
    found = {}
    for step, (edge, strict) in edges.items():
        below, rest = divmod(first + edge * distance, divisor)
        found[step] = (below, rest == 0, strict)
    return found


def _scaled(value: Exact) -> tuple[int, int]:
    """An interval around a number, in units of 2**-_PRECISION."""
    low, high = value.bounds(2 * _PRECISION)
    return math.floor(low * (1 << _PRECISION)), math.ceil(high * (1 << _PRECISION))


def _floor(twice: int, start: tuple[int, int], slope: tuple[int, int]) -> int | None:
    """floor(start + slope*twice/2) of two intervals; None where they don't decide it, or it is whole."""
    ends = slope if twice >= 0 else slope[::-1]
    low, high = (2 * a + twice * b for a, b in zip(start, ends, strict=True))
    below = (low - 1) >> (_PRECISION + 1)
    return below if below == (high + 1) >> (_PRECISION + 1) else None
