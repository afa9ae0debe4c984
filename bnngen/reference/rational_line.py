"""Rational numbers in place of irrational ones in front of a rounding, such that no code of a float changes.

A batch norm in front of the first quantiser gives an irrational scale, but hosts compute with fractions.
Between two neighbouring floats there are many fractions: a threshold may move as long as it passes no float.
Here it is proved of every threshold that it does not: its old place and its new one lie strictly between two
neighbouring float64, and between two neighbouring integers, for data of whole numbers beyond 2^53.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from bnngen.numbers.exact import Exact

PRECISIONS = (64, 80, 96, 128, 192, 256, 512, 1024, 2048)
"""Bits to which numbers are approximated, one after the other until all thresholds stay in place."""
_GUARD = 64
"""Bits by which thresholds are computed more exactly than that."""
_LEAST_EXPONENT, _SIGNIFICAND = -1074, 53
"""Of float64."""

_Interval = tuple[int, int]


def rational_line(mul: Exact, add: Exact, edges: Sequence[Fraction]) -> tuple[Exact, Exact] | None:
    """Rational numbers for ``mul`` and ``add``, where mul*x + add is rounded, and changes its code at these
    ``edges``.

    With them every float64 and every integer gets the same code. A threshold that is rational stays just
    where it is; there is one at most. None if no precision will do.
    """
    if mul.is_rational and add.is_rational:
        return mul, add
    distance = mul.reciprocal()
    start = -add * distance
    pinned = _pinned(start, distance, edges)
    for bits in PRECISIONS:
        slope = _near(mul, bits)
        if not slope:
            continue
        shift = _near(add, bits) if pinned is None else pinned - slope * _place(start, distance, pinned)
        moving = [edge for edge in edges if edge != pinned]
        if _stays(start, distance, slope, shift, moving, bits + _GUARD):
            return Exact.of(slope), Exact.of(shift)
    return None


def _pinned(start: Exact, distance: Exact, edges: Sequence[Fraction]) -> Fraction | None:
    """The edge whose threshold, start + edge*distance, is rational; None if there is none."""
    root, other = _irrational(distance), _irrational(start)
    if not root:
        return None  # all thresholds are as irrational as the first
    if len(root.terms) > 2:  # no reciprocal
        return next((edge for edge in edges if (start + distance * edge).is_rational), None)
    edge = -other * root.reciprocal()
    return edge.fraction() if edge.is_rational and edge.fraction() in set(edges) else None


def _irrational(value: Exact) -> Exact:
    return Exact((radicand, factor) for radicand, factor in value.terms.items() if radicand != 1)


def _place(start: Exact, distance: Exact, edge: Fraction) -> Fraction:
    return (start + distance * edge).fraction()


def _near(value: Exact, bits: int) -> Fraction:
    """A fraction near ``value``, itself if it is one; the error is below 2^-bits of it."""
    if value.is_rational:
        return value.fraction()
    low, _ = _interval(value, bits + 8 + _scale(value))
    cut = max(0, abs(low).bit_length() - bits - 1)
    return Fraction(low >> cut << cut, 1) / Fraction(2) ** (bits + 8 + _scale(value))


def _scale(value: Exact) -> int:
    """By how many bits a number is to be moved to be between 1/4 and 4, or above if it is large."""
    precision = 64
    while True:
        low, high = _interval(value, precision)
        if low > 0 or high < 0:
            return max(0, precision - min(abs(low), abs(high)).bit_length())
        precision *= 2


def _interval(value: Exact, bits: int) -> _Interval:
    """Whole numbers around value * 2^bits."""
    size = max((abs(factor.numerator).bit_length() for factor in value.terms.values()), default=0)
    low, high = value.bounds(bits + size + 8)
    return math.floor(low * (1 << bits)), math.ceil(high * (1 << bits))


def _stays(
    start: Exact, distance: Exact, slope: Fraction, shift: Fraction, edges: Sequence[Fraction], bits: int
) -> bool:
    """Whether each threshold start + edge*distance keeps its place between floats at (edge - shift)/slope."""
    bits += _scale(distance) + _SIGNIFICAND
    old = [_interval(value, bits) for value in (start, distance)]
    new = [_interval(Exact.of(value), bits) for value in (-shift / slope, 1 / slope)]
    for edge in edges:
        ends = [end for line in (old, new) for end in _moved(edge, *line)]
        if not between_floats(min(ends) - 1, max(ends) + 1, bits):
            return False
    return True


def _moved(edge: Fraction, start: _Interval, distance: _Interval) -> _Interval:
    """Whole numbers around start + edge*distance, of intervals."""
    ends = [end * edge.numerator for end in distance]
    low, high = min(ends) // edge.denominator, -(-max(ends) // edge.denominator)
    return start[0] + low, start[1] + high


def between_floats(low: int, high: int, bits: int) -> bool:
    """Whether all numbers from low to high, times 2^-bits, lie strictly between two neighbouring float64, and
    between two neighbouring integers."""
    if low <= 0 <= high:
        return False
    length = min(abs(low), abs(high)).bit_length()
    # floats are multiples of this power of two, and so are integers, or floats are multiples of integers
    step = min(max(length - bits - _SIGNIFICAND, _LEAST_EXPONENT), 0) + bits
    return step > 0 and low >> step == high >> step and low & ((1 << step) - 1) != 0
