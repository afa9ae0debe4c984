"""Exact arithmetic with large arrays: whole numbers times a unit, which few elements have for themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.limits import MOST_EXACT, check_elements
from bnngen.frontend.values import Constant, QuantizedConstant
from bnngen.numbers.exact import ExactArray, common_unit, exact_array
from bnngen.numbers.rounding import round_exactly

MOST_INT = 1 << 62
"""Whole numbers below it are kept in 64 bits."""
MOST_BITS = 1 << 32
"""Bits of all numbers of an array together."""
Ints = NDArray[Any]
"""Of int64, or of int where they are longer."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """The numbers ints*unit. ``unit`` has as many axes as ``ints``, each of the same length or of 1."""

    ints: Ints
    unit: ExactArray

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.ints.shape

    @classmethod
    def of(cls, value: Constant | QuantizedConstant) -> Scaled:
        """Raises ValueError for NaN and infinity, for more exact numbers than are computed with, and where a
        zero point has an irrational ratio to its scale."""
        if isinstance(value, Constant):
            return _of_array(value.array)
        scale, offset = (_aligned(p, value.ints.ndim) for p in (value.scale, value.offset))
        grid = cls(value.ints, scale)
        if not any(offset.reshape(-1)):
            return grid
        added = _common(grid, cls(np.ones((1,) * value.ints.ndim, np.int64), offset))
        if added is None:
            raise ValueError("has a zero point that has an irrational ratio to its scale")
        a, b, unit = added
        return cls(fitting(np.add, a, b), unit)

    def value(self) -> Constant | QuantizedConstant:
        """As tensors of a file are kept."""
        if self.unit.size == self.ints.size:
            return Constant(np.asarray(exact_array(self.ints).reshape(self.shape) * self.unit, object))
        return QuantizedConstant(self.ints, self.unit, exact_array(0))

    def exact(self) -> ExactArray:
        """Raises ValueError for more numbers than exact arithmetic is done with."""
        if self.ints.size > MOST_EXACT:
            raise ValueError(
                f"computes with {self.ints.size:,} exact numbers; at most {MOST_EXACT:,} are supported"
            )
        return np.asarray(exact_array(self.ints).reshape(self.shape) * self.unit, object).reshape(self.shape)

    def signs(self) -> NDArray[np.int64]:
        """-1, 0 or 1."""
        unit = np.array([u.sign() for u in self.unit.reshape(-1)], np.int64).reshape(self.unit.shape)
        return np.asarray(np.sign(self.ints), np.int64) * unit


def whole_numbers(array: NDArray[Any]) -> Ints | None:
    """Numbers of a file as int64, if they are whole and small."""
    if array.dtype.kind in "bi" or (array.dtype.kind == "u" and array.dtype.itemsize < 8):
        return array.astype(np.int64)
    if array.dtype.kind not in "fu":
        return None
    # in halves the limit is infinite
    whole = np.abs(array.astype(np.float64)) < MOST_INT
    if not whole.all():
        return None
    ints = array.astype(np.int64)
    return ints if np.array_equal(ints, array) else None


def _of_array(array: NDArray[Any]) -> Scaled:
    one = exact_array(1).reshape((1,) * array.ndim)
    if array.dtype == object:
        if array.size > MOST_EXACT:
            raise ValueError(
                f"computes with {array.size:,} exact numbers; at most {MOST_EXACT:,} are supported"
            )
        return Scaled(np.ones(array.shape, np.int64), array)
    ints = whole_numbers(array)
    if ints is not None:
        return Scaled(ints, one)
    if array.dtype.kind == "u":
        return Scaled(array.astype(object), one)
    if not np.isfinite(array).all():
        raise ValueError(f"{array[~np.isfinite(array)].flat[0]} is not a finite number")
    return _of_floats(array.astype(np.float64))


def _of_floats(array: NDArray[np.float64]) -> Scaled:
    """Floats are whole numbers times a power of two."""
    fractions, exponents = np.frexp(array)
    mantissas = np.asarray((fractions * 2.0**53).astype(np.int64))
    # of float32 the last 29 bits are 0
    zeros = 29 if not (mantissas & (1 << 29) - 1).any() else 0
    mantissas = np.asarray(mantissas >> zeros)
    used = mantissas != 0
    least = int(exponents[used].min()) if used.any() else 0
    shifts = np.where(used, exponents - least, 0)
    room = 53 - zeros + int(shifts.max(initial=0))
    if room >= 62:
        mantissas, shifts = mantissas.astype(object), np.asarray(shifts.astype(object))
    ints = np.asarray(mantissas << shifts, mantissas.dtype)
    _check_bits(ints, room)
    unit = Fraction(2) ** (least - 53 + zeros)
    return Scaled(ints, exact_array(unit).reshape((1,) * array.ndim))


def _aligned(parameter: ExactArray, rank: int) -> ExactArray:
    """With as many axes as the array that it belongs to; one number stays one."""
    if parameter.size == 1:
        return parameter.reshape((1,) * rank)
    return parameter.reshape((1,) * (rank - parameter.ndim) + parameter.shape)


def add(a: Scaled, b: Scaled) -> Constant | QuantizedConstant:
    """a + b, broadcast. Raises ValueError for more numbers than it can do exactly."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    check_elements(shape, "a constant")
    found = None if _single(a, shape) or _single(b, shape) else _common(a, b)
    if found is None:
        return Constant(np.asarray(a.exact() + b.exact(), object).reshape(shape))
    left, right, unit = found
    return Scaled(fitting(np.add, left, right), unit).value()


def negative(a: Scaled) -> Scaled:
    """-a."""
    return Scaled(a.ints, np.asarray(-a.unit, object))


def where(condition: NDArray[np.bool_], a: Scaled, b: Scaled) -> Constant | QuantizedConstant:
    """``a`` where the condition holds, else ``b``."""
    shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
    check_elements(shape, "a constant")
    found = None if _single(a, shape) or _single(b, shape) else _common(a, b)
    if found is None:
        return Constant(np.asarray(np.where(condition, a.exact(), b.exact()), object).reshape(shape))
    left, right, unit = found
    return Scaled(np.where(condition, left, right), unit).value()


def multiply(a: Scaled, b: Scaled) -> Constant | QuantizedConstant:
    """a * b: the numbers of the smaller array become a part of the unit."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    check_elements(shape, "a constant")
    if math.prod(b.shape) > math.prod(a.shape):
        a, b = b, a
    rank = len(shape)
    ints, unit = _aligned_ints(a, rank)
    others, other = _aligned_ints(b, rank)
    if b.ints.size < a.ints.size and b.ints.size <= MOST_EXACT and ints.shape == shape:
        factor = np.asarray(exact_array(others).reshape(others.shape) * other, object)
        _check_exact(np.broadcast_shapes(unit.shape, factor.shape))
        return Scaled(ints, np.asarray(unit * factor, object)).value()
    _check_exact(np.broadcast_shapes(unit.shape, other.shape))
    return Scaled(fitting(np.multiply, ints, others), np.asarray(unit * other, object)).value()


def divide(a: Scaled, b: Scaled) -> Constant | QuantizedConstant:
    """a / b. Raises ValueError for a divisor of 0."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    check_elements(shape, "a constant")
    divisor = b.exact()
    if not all(divisor.reshape(-1)):
        raise ValueError("divides by zero")
    _check_exact(np.broadcast_shapes(a.unit.shape, divisor.shape))
    ints, unit = _aligned_ints(a, len(shape))
    quotient = np.asarray(unit / divisor, object)
    return Scaled(np.broadcast_to(ints, np.broadcast_shapes(shape, ints.shape)), quotient).value()


def total(a: Scaled, axes: tuple[int, ...]) -> Constant | QuantizedConstant:
    """The sum over some axes, which stay with the length 1."""
    if any(a.unit.shape[axis] != 1 for axis in axes):
        return Constant(np.asarray(a.exact().sum(axis=axes, keepdims=True), object))
    count = math.prod(a.shape[axis] for axis in axes)
    ints = a.ints if peak(a.ints) * count < MOST_INT else a.ints.astype(object)
    return Scaled(np.asarray(ints.sum(axis=axes, keepdims=True)), a.unit).value()


def rounded(a: Scaled, mode: str) -> Ints:
    """To the nearest whole number ("half_even"), or "floor" or "ceil"."""
    if not all(u.is_rational for u in a.unit.reshape(-1)):
        return _rounded_one_by_one(a, mode)
    parts = [u.fraction() for u in a.unit.reshape(-1)]
    # numpy computes with an array of one object as with a number
    shape = a.unit.shape or (1,)
    over = np.array([part.numerator for part in parts], object).reshape(shape)
    under = np.array([part.denominator for part in parts], object).reshape(shape)
    number = np.atleast_1d(a.ints.astype(object)) * over
    if mode == "floor":
        return narrow((number // under).reshape(a.shape))
    if mode == "ceil":
        return narrow((-(-number // under)).reshape(a.shape))
    twice = number * 2 + under
    nearest = twice // (under * 2)
    tie = (twice % (under * 2) == 0) & (nearest % 2 == 1)
    return narrow((nearest - tie.astype(object)).reshape(a.shape))


def _rounded_one_by_one(a: Scaled, mode: str) -> Ints:
    values = a.exact()
    out = np.empty(values.shape, object)
    out.reshape(-1)[:] = [round_exactly(value, mode) for value in values.reshape(-1)]
    return narrow(out)


def fitting(operator: Callable[[Ints, Ints], Ints], a: Ints, b: Ints) -> Ints:
    """A sum or product of whole numbers, in 64 bits where it fits."""
    a, b = np.asarray(a), np.asarray(b)  # a number of numpy would wrap as an object too
    ends = peak(a), peak(b)
    most = ends[0] * ends[1] if operator is np.multiply else sum(ends)
    if max(most, *ends) < MOST_INT:
        return np.asarray(operator(a.astype(np.int64), b.astype(np.int64)))
    shape = np.broadcast_shapes(a.shape, b.shape)
    _check_bits(np.broadcast_to(a, shape), most.bit_length())
    return np.asarray(operator(a.astype(object), b.astype(object)), object).reshape(shape)


def narrow(ints: Ints) -> Ints:
    """In 64 bits, where they fit."""
    return ints.astype(np.int64) if peak(ints) < MOST_INT else ints


def peak(ints: Ints) -> int:
    """The greatest absolute value."""
    if not ints.size:
        return 0
    return max(abs(int(ints.min())), abs(int(ints.max())))


def _single(a: Scaled, shape: tuple[int, ...]) -> bool:
    """Whether every element of the result has a unit of its own anyway."""
    return a.unit.size == math.prod(shape)


def _common(a: Scaled, b: Scaled) -> tuple[Ints, Ints, ExactArray] | None:
    """The whole numbers of both in one unit; None if it is none, as for 1 and sqrt(2)."""
    rank = max(a.ints.ndim, b.ints.ndim)
    (left, unit), (right, other) = _aligned_ints(a, rank), _aligned_ints(b, rank)
    shape = np.broadcast_shapes(unit.shape, other.shape)
    _check_exact(shape)
    units = zip(*(np.broadcast_to(u, shape).reshape(-1) for u in (unit, other)), strict=True)
    found = [common_unit(pair) for pair in units]
    known = [pair for pair in found if pair is not None]
    if len(known) < len(found):
        return None
    factors = (np.array([n[i] for n, _ in known], object).reshape(shape) for i in (0, 1))
    left, right = (fitting(np.multiply, i, narrow(f)) for i, f in zip((left, right), factors, strict=True))
    return left, right, exact_array([g for _, g in known]).reshape(shape)


def _aligned_ints(a: Scaled, rank: int) -> tuple[Ints, ExactArray]:
    front = (1,) * (rank - a.ints.ndim)
    return a.ints.reshape(front + a.ints.shape), a.unit.reshape(front + a.unit.shape)


def _check_exact(shape: tuple[int, ...]) -> None:
    if (count := math.prod(shape)) > MOST_EXACT:
        raise ValueError(f"makes {count:,} exact numbers; at most {MOST_EXACT:,} are supported")


def _check_bits(ints: Ints, bits: int) -> None:
    if bits * ints.size > MOST_BITS:
        raise ValueError(f"makes {ints.size:,} whole numbers of {bits:,} bits; quantise in between")
