"""The host's part in front of the accelerator: real inputs become integer codes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.numbers.datatypes import IntType
from bnngen.numbers.enclosed import Enclosed
from bnngen.numbers.exact import Exact, ExactArray
from bnngen.numbers.rounding import ROUNDING_MODES, bound, round_affine


@dataclass(frozen=True, eq=False)
class Quantizer:
    """code = clip(round(mul*x + add), type.lo, type.hi), in real numbers.

    ``mul`` and ``add`` are rational, shape (1,) or one per channel (C,), along the last axis of x;
    ``rounding`` is one of ``bnngen.numbers.rounding.ROUNDING_MODES``.
    """

    mul: ExactArray
    add: ExactArray
    rounding: str
    type: IntType

    def quantize(self, x: NDArray[Any]) -> NDArray[np.int64]:
        """x (..., C) finite reals, channels last, to codes of the same shape."""
        return round_affine(x, self.mul, self.add, self.rounding, self.type.lo, self.type.hi)

    @property
    def channels(self) -> int:
        """For how many channels it has parameters; 1 also stands for all."""
        return max(len(self.mul), len(self.add))

    def thresholds(self, channel: int) -> tuple[bool, list[tuple[Exact, bool]]]:
        """Whether the codes of a channel fall as x rises, and for each code above the lowest the x at which
        it is reached, with whether x must be beyond it."""
        mul, add = (values[channel % len(values)] for values in (self.mul, self.add))
        edges = rounding_edges(self.rounding, self.type)
        return mul.sign() < 0, [((edge - add) / mul, strict) for edge, strict in edges]

    def same_codes(self, other: Quantizer) -> bool:
        """Whether ``other`` makes the same codes of all real numbers."""
        channels = range(max(self.channels, other.channels))
        return self.type == other.type and all(self.thresholds(c) == other.thresholds(c) for c in channels)


def rounding_edges(rounding: str, type_: IntType) -> list[tuple[Fraction, bool]]:
    """For each code above the lowest, the number at which rounding reaches it, and whether only beyond."""
    if rounding == "sign":
        return [(Fraction(0), False)]
    return [bound(rounding, level) for level in range(type_.lo + 1, type_.hi + 1)]


def uniform_row(
    row: list[tuple[Exact, bool]], falling: bool, type_: IntType
) -> tuple[Exact, Exact, str] | None:
    """(mul, add, rounding) that passes level after level exactly at the thresholds of ``row``; they may be
    irrational (`bnngen.reference.rational_line`).

    ``row`` lists (value, strict) in the order of the levels. None if the thresholds aren't those of a
    rounding of an affine function, or are logarithms, which hosts don't compute with.
    """
    if any(isinstance(value, Enclosed) for value, _ in row):
        return None
    if type_.bipolar:
        sign = -1 if falling else 1
        value, strict = row[0]
        return None if strict else (Exact.of(sign), -value * sign, "sign")
    for mode in ROUNDING_MODES[:-1]:
        found = _affine_through(row, rounding_edges(mode, type_), falling)
        if found is not None:
            return (*found, mode)
    return None


def _affine_through(
    row: list[tuple[Exact, bool]], edges: list[tuple[Any, ...]], falling: bool
) -> tuple[Exact, Exact] | None:
    """The line that maps each threshold to its rounding edge, if there is one."""
    if [strict for _, strict in row] != [strict for _, strict in edges]:
        return None
    first, last = row[0][0], row[-1][0]
    if edges[0][0] == edges[-1][0]:  # one threshold, or the two sides of one number
        mul = Exact.of(-1 if falling else 1)
    elif first == last or len((last - first).terms) > 2:  # no reciprocal
        return None
    else:
        mul = Exact.of(edges[-1][0] - edges[0][0]) / (last - first)
    add = edges[0][0] - mul * first
    if all(mul * value + add == edge for (value, _), (edge, _) in zip(row, edges, strict=True)):
        return mul, add
    return None
