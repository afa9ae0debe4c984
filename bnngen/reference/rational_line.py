"""Rational numbers in place of irrational ones in front of a rounding, such that no code of a float changes.

A batch norm in front of the first quantiser gives an irrational scale, but hosts compute with fractions.
Between two neighbouring floats there are many fractions: a threshold may move as long as it passes no float.
Here it is proved of every threshold that it does not: the least float64 above it stays the same, and so does
the least integer, for data of whole numbers beyond 2^53.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from bnngen.numbers.exact import Exact

PRECISIONS = (64, 80, 96, 128, 192, 256, 512, 1024, 2048)
"""Bits to which numbers are approximated, one after the other until all thresholds stay in place."""

Threshold = tuple[Exact, bool]
"""Where a code is reached, and whether x must be beyond it."""


def rational_line(
    mul: Exact, add: Exact, row: Sequence[Threshold], edges: Sequence[Fraction]
) -> tuple[Exact, Exact] | None:
    """Rational numbers for ``mul`` and ``add``, which map each threshold of ``row`` to one of the ``edges``.

    With them every float64 and every integer passes the same thresholds. Thresholds that are rational stay
    just where they are. None if no precision will do.
    """
    if mul.is_rational and add.is_rational:
        return mul, add
    pinned = next(((v.fraction(), e) for (v, _), e in zip(row, edges, strict=True) if v.is_rational), None)
    for bits in PRECISIONS:
        slope = _near(mul, bits)
        shift = _near(add, bits) if pinned is None else pinned[1] - slope * pinned[0]
        if slope and all(
            same_floats(threshold, (edge - shift) / slope) for threshold, edge in zip(row, edges, strict=True)
        ):
            return Exact.of(slope), Exact.of(shift)
    return None


def _near(value: Exact, bits: int) -> Fraction:
    """A fraction near ``value``, itself if it is one; the error is below 2^-bits of it."""
    if value.is_rational:
        return value.fraction()
    exponent = math.frexp(float(value))[1]
    scale = Fraction(2) ** (bits + 1 - exponent)
    return math.floor(value * scale) / scale


def same_floats(threshold: Threshold, moved: Fraction) -> bool:
    """Whether each float64, and each integer, is on the same side of ``moved`` as of the threshold."""
    value, strict = threshold
    if value.is_rational:
        return value.fraction() == moved
    places = (value, Exact.of(moved))
    above = [_least_above(place, strict) for place in places]
    whole = [math.floor(place) + 1 if strict else math.ceil(place) for place in places]
    return above[0] == above[1] and whole[0] == whole[1]


def _least_above(value: Exact, strict: bool) -> float:
    """The least float64 that is not below ``value``, or is beyond it if ``strict``; infinity if none is."""

    def above(x: float) -> bool:
        order = (Exact.of(x) - value).sign()
        return order > 0 or (order == 0 and not strict)

    try:
        x = float(value)
    except OverflowError:
        x = math.copysign(math.inf, value.sign())
    while x != -math.inf and (x == math.inf or above(x)):
        x = math.nextafter(x, -math.inf)
    while x == -math.inf or not above(x):
        x = math.nextafter(x, math.inf)
        if x == math.inf:
            break
    return x
