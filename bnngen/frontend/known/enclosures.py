"""Arithmetic with arrays of which each number is known between two doubles.

A bound that double precision does not hold exactly is moved one step outward; what is exact stays exact, so
that tanh(0) is 0 and a half of it too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.known.grids import Scaled
from bnngen.frontend.values import Enclosure, first_place

Floats = NDArray[np.float64]
LIBRARY_ERROR = 2.0**-44
"""Relative: some hundred times what the C library's functions are off."""
SAFE = 2.0**300
"""The products of numbers between it and its reciprocal have exact errors."""


def enclosed(grid: Scaled) -> Enclosure:
    """The numbers of a grid, exact where doubles hold them."""
    unit = np.array([float(u) for u in grid.unit.reshape(-1)]).reshape(grid.unit.shape)
    exact_unit = np.array([u == float(u) for u in map(_fraction, grid.unit.reshape(-1))], bool)
    ints = grid.ints.astype(np.float64)
    if grid.ints.dtype == object:
        exact_ints = np.array([int(f) == i for f, i in zip(ints.flat, grid.ints.flat, strict=True)], bool)
    else:
        exact_ints = ints.astype(np.int64) == grid.ints
    value = ints * unit
    exact = (
        exact_ints.reshape(ints.shape) & exact_unit.reshape(unit.shape) & _product_is_exact(ints, unit, value)
    )
    exact |= ints == 0
    slack = np.where(exact, 0.0, np.abs(value) * 2.0**-50)
    return Enclosure(value - slack, value + slack)


def _fraction(number: Any) -> Any:
    return number.fraction() if number.is_rational else float("nan")


def add(a: Enclosure, b: Enclosure) -> Enclosure:
    """a + b."""
    with np.errstate(over="ignore", invalid="ignore"):
        return Enclosure(_sum(a.low, b.low, -np.inf), _sum(a.high, b.high, np.inf))


def negative(a: Enclosure) -> Enclosure:
    """-a."""
    return Enclosure(-a.high, -a.low)


def multiply(a: Enclosure, b: Enclosure) -> Enclosure:
    """a * b."""
    return _corners(_product, a, b)


def divide(a: Enclosure, b: Enclosure) -> Enclosure:
    """a / b. Raises ValueError where b may be 0."""
    if np.any((b.low <= 0) & (b.high >= 0)):
        raise ValueError("divides by a number that may be zero")
    return _corners(_quotient, a, b)


def total(a: Enclosure, axes: tuple[int, ...]) -> Enclosure:
    """The sum over some axes, which stay with the length 1."""
    low, high = (end.sum(axis=axes, keepdims=True) for end in (a.low, a.high))
    size = np.maximum(np.abs(a.low), np.abs(a.high)).sum(axis=axes, keepdims=True)
    slack = size * (a.low.size * 2.0**-52)
    return Enclosure(low - slack, high + slack)


def signs(a: Enclosure) -> NDArray[np.int64]:
    """-1, 0 or 1. Raises ValueError where the bounds don't decide it."""
    return decided(np.sign(a.low), np.sign(a.high), a, "may be below, at or above 0").astype(np.int64)


def decided(low: Floats, high: Floats, a: Enclosure, what: str) -> Floats:
    """``low``, where it is ``high`` everywhere. Raises ValueError naming the element where it isn't."""
    open_ = low != high
    if open_.any():
        place = first_place(open_)
        raise ValueError(
            f"can't be decided for element {place} of a constant, which lies between {a.low[place]!r} and "
            f"{a.high[place]!r}: it {what}; write the rounded weights into the model"
        )
    return low


def rising(function: Callable[[Floats], Floats], a: Enclosure, least: float, most: float) -> Enclosure:
    """A rising function of the C library with values between ``least`` and ``most``; where its argument is
    exactly 0 it must be exact."""
    low, high = function(a.low), function(a.high)
    low, high = low - np.abs(low) * LIBRARY_ERROR, high + np.abs(high) * LIBRARY_ERROR
    at_zero = function(np.zeros(1))[0]
    low, high = np.where(a.low == 0, at_zero, low), np.where(a.high == 0, at_zero, high)
    return Enclosure(np.clip(low, least, most), np.clip(high, least, most))


def _corners(operator: Callable[[Floats, Floats, float], Floats], a: Enclosure, b: Enclosure) -> Enclosure:
    """The least and the greatest that a product or a quotient takes at the ends of both."""
    ends = [(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    with np.errstate(over="ignore", invalid="ignore"):  # infinity is a bound too, and NaN decides nothing
        low, high = operator(*ends[0], -np.inf), operator(*ends[0], np.inf)
        for x, y in ends[1:]:
            low, high = np.minimum(low, operator(x, y, -np.inf)), np.maximum(high, operator(x, y, np.inf))
    return Enclosure(low, high)


def _sum(a: Floats, b: Floats, toward: float) -> Floats:
    """a + b, moved ``toward`` where it isn't exact."""
    value = np.asarray(a + b)
    part = value - a
    error = (a - (value - part)) + (b - part)
    return np.where(error == 0, value, np.nextafter(value, toward))


def _product(a: Floats, b: Floats, toward: float) -> Floats:
    value = np.asarray(a * b)
    return np.where(_product_is_exact(a, b, value), value, np.nextafter(value, toward))


def _quotient(a: Floats, b: Floats, toward: float) -> Floats:
    value = np.asarray(a / b)
    back = value * b
    exact = (back == a) & _product_is_exact(value, b, back)
    return np.where(exact, value, np.nextafter(value, toward))


def _product_is_exact(a: Floats, b: Floats, value: Floats) -> NDArray[np.bool_]:
    """Whether a*b is just ``value``, by Dekker's product."""
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    error = ((a_high * b_high - value) + a_high * b_low + a_low * b_high) + a_low * b_low
    sizes = [np.abs(x) for x in (a, b)]
    safe = (sizes[0] < SAFE) & (sizes[0] > 1 / SAFE) & (sizes[1] < SAFE) & (sizes[1] > 1 / SAFE)
    result: NDArray[np.bool_] = (a == 0) | (b == 0) | (safe & (error == 0))
    return result


def _halves(a: Floats) -> tuple[Floats, Floats]:
    with np.errstate(over="ignore", invalid="ignore"):
        large = a * 134217729.0
        high = large - (large - a)
    return high, a - high
