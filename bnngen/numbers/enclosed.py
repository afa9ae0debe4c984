"""Real numbers of which an exact lower and an upper bound are known: logarithms, and what is made of them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from bnngen.numbers.exact import Exact

BITS = 320
"""Bits behind the point of the bounds, before anything is computed with them."""
_ONE = 1 << BITS


class Enclosed(Exact):
    """A number between ``low`` and ``high``, both of them exact; it is itself neither rational nor a sum of
    square roots, so that it equals no `Exact`.

    Whatever is decided of it holds for every number between the bounds, or it is a ValueError.
    """

    __slots__ = ("high", "low")

    low: Exact
    high: Exact

    def __init__(self, low: Exact, high: Exact) -> None:
        self.low, self.high = low, high

    @property
    def terms(self) -> Any:  # type: ignore[override]
        """Raises ValueError: it has none."""
        raise ValueError(f"needs an exact number, not a logarithm: {self}")

    @property
    def is_rational(self) -> bool:
        """No."""
        return False

    def fraction(self) -> Fraction:
        """Raises ValueError."""
        raise ValueError(f"{self} is irrational")

    def bounds(self, precision: int) -> tuple[Fraction, Fraction]:
        """Rational numbers below and above it, as near as they are known."""
        return bounds(self.low, precision)[0], bounds(self.high, precision)[1]

    def __neg__(self) -> Exact:
        return Enclosed(-self.high, -self.low)

    def __add__(self, other: Exact | int | Fraction) -> Exact:
        low, high = _ends(other)
        return Enclosed(self.low + low, self.high + high)

    def __sub__(self, other: Exact | int | Fraction) -> Exact:
        return self + (-Exact.of(other))

    def __rsub__(self, other: int | Fraction) -> Exact:
        return -self + other

    def __mul__(self, other: Exact | int | Fraction) -> Exact:
        if not isinstance(other, Enclosed) and not other:
            return Exact()
        corners = [a * b for a in (self.low, self.high) for b in _ends(other)]
        return Enclosed(min(corners), max(corners))

    __radd__ = __add__
    __rmul__ = __mul__

    def reciprocal(self) -> Exact:
        """1/self. Raises ValueError where it may be 0."""
        self.sign()
        return Enclosed(self.high.reciprocal(), self.low.reciprocal())

    def __truediv__(self, other: Exact | int | Fraction) -> Exact:
        return self * Exact.of(other).reciprocal()

    def __rtruediv__(self, other: int | Fraction) -> Exact:
        return self.reciprocal() * other

    def sign(self) -> int:
        """-1 or 1."""
        if self.low.sign() > 0:
            return 1
        if self.high.sign() < 0:
            return -1
        raise self._undecided("its sign")

    def __floor__(self) -> int:
        low, high = math.floor(self.low), math.floor(self.high)
        if low != high or self.low == low:
            raise self._undecided("on which side of a whole number it lies")
        return low

    def _undecided(self, what: str) -> ValueError:
        return ValueError(
            f"has a threshold at {float(self)!r}, of which {BITS} bits don't decide {what}; move its scale "
            "by a little"
        )

    def __float__(self) -> float:
        return float(self.low)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Enclosed):
            return (self.low, self.high) == (other.low, other.high)
        return False if isinstance(other, Exact | int | Fraction) else NotImplemented

    def __lt__(self, other: Exact | int | Fraction) -> bool:
        return (self - other).sign() < 0

    def __bool__(self) -> bool:
        return True

    def __hash__(self) -> int:
        return hash((self.low, self.high))

    def __repr__(self) -> str:
        return f"about {float(self)!r}"


def _ends(number: Exact | int | Fraction) -> tuple[Exact, Exact]:
    if isinstance(number, Enclosed):
        return number.low, number.high
    exact = Exact.of(number)
    return exact, exact


def bounds(number: Exact, precision: int = 2 * BITS) -> tuple[Fraction, Fraction]:
    """Rational numbers that a number lies between; both are it where it is rational."""
    if number.is_rational:
        return number.fraction(), number.fraction()
    return number.bounds(precision)


def enclosed(low: Fraction, high: Fraction) -> Enclosed:
    """A number between these."""
    return Enclosed(Exact.of(low), Exact.of(high))


def logarithm(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Bounds of ln(x) for any x between ``low`` and ``high``, which are above 0."""
    return _logarithm(low)[0], _logarithm(high)[1]


def _logarithm(x: Fraction) -> tuple[Fraction, Fraction]:
    """x = 2**k * y: ln(x) = k*ln(2) + 2*artanh((y - 1)/(y + 1)), and ln(2) is 2*artanh(1/3)."""
    k = x.numerator.bit_length() - x.denominator.bit_length()
    y = x / Fraction(2) ** k
    if y > Fraction(4, 3):
        k, y = k + 1, y / 2
    if y < Fraction(2, 3):
        k, y = k - 1, y * 2
    low, high = _artanh((y - 1) / (y + 1))
    two = _artanh(Fraction(1, 3))
    ends = sorted((k * two[0], k * two[1]))
    return 2 * (low + ends[0]), 2 * (high + ends[1])


def _artanh(z: Fraction) -> tuple[Fraction, Fraction]:
    """z + z**3/3 + z**5/5 + ..., for |z| of at most 1/3."""
    if z < 0:
        low, high = _artanh(-z)
        return -high, -low
    down, up = z.numerator * _ONE // z.denominator, -(-z.numerator * _ONE // z.denominator)
    least = most = 0
    power_down, power_up, odd = down, up, 1
    square_down, square_up = down * down // _ONE, -(-up * up // _ONE)
    while power_up > 1:
        least, most = least + power_down // odd, most - (-power_up // odd)
        power_down, power_up = power_down * square_down // _ONE, -(-power_up * square_up // _ONE)
        odd += 2
    # the terms left come to less than the next one times 1/(1 - 1/9)
    return Fraction(least, _ONE), Fraction(most + 2 * power_up, _ONE)


MOST_EXPONENT = 1 << 10
"""Of larger numbers no exponential is taken."""


def exponential(low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Bounds of e**x for any x between ``low`` and ``high``. Raises ValueError for large ones."""
    if max(abs(low), abs(high)) > MOST_EXPONENT:
        raise ValueError(f"takes the exponential of {float(high):g}; scale the values to a sensible size")
    return _exponential(low)[0], _exponential(high)[1]


def _exponential(x: Fraction) -> tuple[Fraction, Fraction]:
    """(1 + r + r**2/2 + ...)**(2**k), where r = x/2**k is below 1/256; of a negative x the reciprocal."""
    if x < 0:
        low, high = _exponential(-x)
        return 1 / high, 1 / low
    k = max(0, math.ceil(x).bit_length() + 8)
    down = (x.numerator * _ONE >> k) // x.denominator
    up = down + 2
    least = most = 0
    term_down = term_up = _ONE
    count = 1
    while term_up > 1:
        least, most = least + term_down, most + term_up
        term_down, term_up = (
            term_down * down // (_ONE * count),
            -(-term_up * up // (_ONE * count)),
        )
        count += 1
    most += 2 * term_up
    for _ in range(k):
        least, most = least * least // _ONE, -(-most * most // _ONE)
    return Fraction(least, _ONE), Fraction(most, _ONE)
