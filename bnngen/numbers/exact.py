"""Exact real numbers of the form c0 + c1*sqrt(r1) + c2*sqrt(r2) + ... with rational coefficients.

float32 parameters are exact binary fractions, and the only irrational step of a batch norm is
``sqrt(var + eps)``; products and sums of such numbers stay in this form. Square roots of integers no
two of which have a square ratio are linearly independent over the rationals (Besicovitch, "On the
linear independence of fractional powers of integers", 1940), so a number is zero only if it has no
terms, and its sign can always be decided.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import total_ordering
from typing import Any

import numpy as np
from numpy.typing import NDArray

ExactArray = NDArray[np.object_]
"""A numpy object array of :class:`Exact`."""

MOST_BITS = 1 << 16
"""Bits of a fraction's longer half and of its radicand: 2,000 factors in float32 come to three quarters."""
MOST_TERMS = 1 << 8
"""Square roots in one number."""


@total_ordering
class Exact:
    """One exact real number; immutable, hashable, ordered.

    ``terms`` maps a positive integer radicand to its non-zero rational coefficient; radicand 1 is the
    rational part, and no two radicands have a ratio that is a square.
    """

    __slots__ = ("terms",)

    terms: dict[int, Fraction]

    def __init__(self, terms: Iterable[tuple[int, Fraction]] = ()) -> None:
        self.terms = {}
        self._add(terms)

    def _add(self, terms: Iterable[tuple[int, Fraction]]) -> None:
        """Only while the number is made. Raises ValueError if it becomes larger than is supported."""
        for radicand, coefficient in terms:
            if coefficient:
                size = max(coefficient.numerator.bit_length(), coefficient.denominator.bit_length())
                if size + radicand.bit_length() > MOST_BITS:
                    raise _beyond(f"more than {MOST_BITS:,} bits")
                _add_term(self.terms, radicand, coefficient)
        if len(self.terms) > MOST_TERMS:
            raise _beyond(f"more than {MOST_TERMS:,} square roots")

    @classmethod
    def of(cls, value: Any) -> Exact:
        """The exact value of an int, a float (as the binary fraction that it is), a Fraction or an Exact.

        Raises ValueError for NaN and infinity.
        """
        if isinstance(value, Exact):
            return value
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return cls([(1, Fraction(value))])

    @property
    def is_rational(self) -> bool:
        """Whether there is no square root in it."""
        return not self.terms or self.terms.keys() == {1}

    def fraction(self) -> Fraction:
        """The value as a Fraction. Raises ValueError if it is irrational."""
        if not self.is_rational:
            raise ValueError(f"{self} is irrational")
        return self.terms.get(1, Fraction(0))

    def __add__(self, other: Exact | int | Fraction) -> Exact:
        result = Exact()
        result.terms.update(self.terms)
        result._add(Exact.of(other).terms.items())
        return result

    def __neg__(self) -> Exact:
        result = Exact()
        result.terms.update((r, -c) for r, c in self.terms.items())
        return result

    def __sub__(self, other: Exact | int | Fraction) -> Exact:
        return self + (-Exact.of(other))

    def __mul__(self, other: Exact | int | Fraction) -> Exact:
        other = Exact.of(other)
        return Exact(
            _term_product(r, s, c * d) for r, c in self.terms.items() for s, d in other.terms.items()
        )

    def __truediv__(self, other: Exact | int | Fraction) -> Exact:
        return self * Exact.of(other).reciprocal()

    __radd__ = __add__
    __rmul__ = __mul__

    def __rtruediv__(self, other: int | Fraction) -> Exact:
        return self.reciprocal() * other

    def __rsub__(self, other: int | Fraction) -> Exact:
        return Exact.of(other) - self

    def reciprocal(self) -> Exact:
        """1/self, for one term (what scales and batch norms are) or two (sqrt(var) + eps).

        Raises ZeroDivisionError for zero and ValueError for a sum of more terms.
        """
        if not self.terms:
            raise ZeroDivisionError("division by zero")
        if len(self.terms) > 2:
            raise ValueError(f"can't divide by the sum {self}")
        if len(self.terms) == 2:
            (r, c), (s, d) = self.terms.items()
            return Exact([(r, c), (s, -d)]) * (1 / (c * c * r - d * d * s))
        ((radicand, coefficient),) = self.terms.items()
        return Exact([(radicand, 1 / (coefficient * radicand))])

    def sqrt(self) -> Exact:
        """The square root of a rational. Raises ValueError for a negative or an irrational number."""
        value = self.fraction()
        if value < 0:
            raise ValueError(f"square root of the negative number {float(value)}")
        if not value:
            return Exact()
        return Exact([(value.numerator * value.denominator, Fraction(1, value.denominator))])

    def sign(self) -> int:
        """-1, 0 or 1, decided exactly."""
        if len(self.terms) <= 1:
            return next((_sign(c) for c in self.terms.values()), 0)
        if len(self.terms) == 2:
            (r, c), (s, d) = self.terms.items()
            return _sign(c) if c * c * r > d * d * s else _sign(d)
        precision = 64
        while True:
            low, high = self.bounds(precision)
            if low > 0 or high < 0:
                return _sign(low)
            precision *= 2

    def bounds(self, precision: int) -> tuple[Fraction, Fraction]:
        """An interval around the value, each square root within 2**-precision."""
        low = high = Fraction(0)
        for radicand, coefficient in self.terms.items():
            root = math.isqrt(radicand << (2 * precision))
            ends = (
                coefficient * Fraction(root, 1 << precision),
                coefficient * Fraction(root + 1, 1 << precision),
            )
            low += min(ends)
            high += max(ends)
        return low, high

    def __floor__(self) -> int:
        if self.is_rational:
            return math.floor(self.fraction())
        precision = 64
        while True:
            low, high = (math.floor(end) for end in self.bounds(precision))
            if low == high:
                return low
            precision *= 2

    def __ceil__(self) -> int:
        return -math.floor(-self)

    def __int__(self) -> int:
        """A whole number as int. Raises ValueError if it isn't one."""
        if not self.is_rational or self.fraction().denominator != 1:
            raise ValueError(f"{self} is not a whole number")
        return int(self.fraction())

    def __float__(self) -> float:
        if self.is_rational:
            return float(self.fraction())
        return float(self.bounds(256)[0])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Exact | int | Fraction):
            return NotImplemented
        return not (self - other).terms

    def __lt__(self, other: Exact | int | Fraction) -> bool:
        return (self - other).sign() < 0

    def __hash__(self) -> int:
        # Equal numbers may be written with different radicands, but their rational parts are the same.
        return hash(self.terms.get(1, 0))

    def __abs__(self) -> Exact:
        return -self if self.sign() < 0 else self

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __repr__(self) -> str:
        return " + ".join(str(c) if r == 1 else f"{c}*sqrt({r})" for r, c in self.terms.items()) or "0"


def exact_array(values: Any) -> ExactArray:
    """An array of numbers, element by element exact; a single number becomes an array of shape (1,).

    Raises ValueError for NaN and infinity.
    """
    array = np.atleast_1d(np.asarray(values))
    out = np.empty(array.shape, dtype=object)
    flat = out.reshape(-1)
    for i, value in enumerate(array.reshape(-1)):
        flat[i] = Exact.of(value)
    return out


def common_unit(values: Sequence[Exact]) -> tuple[list[int], Exact] | None:
    """Whole numbers n without a common factor, and the g with which ``values`` = g*n; None if a ratio of two
    values is irrational. Where all values are 0, every n is 1 and g is 0."""
    first = next((value for value in values if value), None)
    if first is None:
        return [1] * len(values), Exact()
    ratios = [value / first for value in values]
    if not all(ratio.is_rational for ratio in ratios):
        return None
    fractions = [ratio.fraction() for ratio in ratios]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    numbers = [int(fraction * common) for fraction in fractions]
    divisor = math.gcd(*numbers)
    return [n // divisor for n in numbers], first * Exact.of(Fraction(divisor, common))


def square_root(values: ExactArray) -> ExactArray:
    """The square root of every element. Raises ValueError for a negative or irrational one."""
    out = np.empty(values.shape, dtype=object)
    out.reshape(-1)[:] = [value.sqrt() for value in values.reshape(-1)]
    return out


def _beyond(what: str) -> ValueError:
    return ValueError(f"leads to exact numbers of {what}; quantise in between, or use fewer such operators")


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _term_product(r: int, s: int, coefficient: Fraction) -> tuple[int, Fraction]:
    """coefficient*sqrt(r)*sqrt(s) as one term, with the common factor taken out of the root."""
    g = math.gcd(r, s)
    return (r // g) * (s // g), coefficient * g


def _add_term(terms: dict[int, Fraction], radicand: int, coefficient: Fraction) -> None:
    """Add coefficient*sqrt(radicand), into the term of a radicand with square ratio if there is one."""
    for known in (1, *terms):
        product = known * radicand
        root = math.isqrt(product)
        if root * root == product:
            total = terms.get(known, Fraction(0)) + coefficient * Fraction(root, known)
            if total:
                terms[known] = total
            else:
                del terms[known]
            return
    terms[radicand] = coefficient
