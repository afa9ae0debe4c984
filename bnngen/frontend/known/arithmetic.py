"""What operators make of known arrays, whichever way these are kept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.known import enclosures, grids
from bnngen.frontend.known.grids import Scaled
from bnngen.frontend.limits import check_elements
from bnngen.frontend.values import Constant, Enclosure, Known, KnownSum, QuantizedConstant
from bnngen.numbers.exact import exact_array

Exactly = Constant | QuantizedConstant
Settled = Exactly | Enclosure
"""What has been computed."""


def settled(value: Known) -> Settled:
    """The array itself, where a sum has not been computed yet."""
    return value.settled if isinstance(value, KnownSum) else value


def computed(value: KnownSum) -> Settled:
    """The sum of its terms."""
    return functools.reduce(add, (value_times(factor, term) for factor, term in value.terms))


def value_times(factor: int, value: Settled) -> Settled:
    """A whole number times the array."""
    if factor == 1:
        return value
    return negative(value) if factor == -1 else multiply(value, Constant(np.array(factor)))


def add(a: Settled, b: Settled) -> Settled:
    """a + b."""
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        return enclosures.add(*_enclosed(a, b))
    return grids.add(Scaled.of(a), Scaled.of(b))


def negative(a: Settled) -> Settled:
    """-a."""
    if isinstance(a, Enclosure):
        return enclosures.negative(a)
    return grids.negative(Scaled.of(a)).value()


def multiply(a: Settled, b: Settled) -> Settled:
    """a * b."""
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        return _if_exact(enclosures.multiply(*_enclosed(a, b)))
    return grids.multiply(Scaled.of(a), Scaled.of(b))


def divide(a: Settled, b: Settled) -> Settled:
    """a / b. Raises ValueError for a divisor of 0."""
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        return _if_exact(enclosures.divide(*_enclosed(a, b)))
    return grids.divide(Scaled.of(a), Scaled.of(b))


def signs(a: Settled) -> NDArray[np.int64]:
    """-1, 0 or 1 for each number. Raises ValueError where bounds don't decide it."""
    if isinstance(a, Enclosure):
        return enclosures.signs(a)
    if (plain := _plain(a)) is not None:
        result: NDArray[np.int64] = np.sign(plain).astype(np.int64)
        return result
    return Scaled.of(a).signs()


def order(a: Settled, b: Settled) -> NDArray[np.int64]:
    """The sign of a - b for each pair. Raises ValueError where bounds don't decide it."""
    check_elements(np.broadcast_shapes(a.shape, b.shape), "a constant")
    left, right = _plain(a), _plain(b)
    if left is not None and right is not None and left.dtype == right.dtype:
        result: NDArray[np.int64] = (left > right).astype(np.int64) - (left < right).astype(np.int64)
        return result
    return signs(add(a, negative(b)))


def choose(condition: NDArray[np.bool_], a: Settled, b: Settled) -> Settled:
    """``a`` where the condition holds, else ``b``."""
    left, right = _plain(a), _plain(b)
    if left is not None and right is not None and left.dtype == right.dtype:
        check_elements(np.broadcast_shapes(condition.shape, a.shape, b.shape), "a constant")
        return Constant(np.where(condition, left, right))
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        x, y = _enclosed(a, b)
        return Enclosure(np.where(condition, x.low, y.low), np.where(condition, x.high, y.high))
    return grids.where(condition, Scaled.of(a), Scaled.of(b))


def absolute(a: Settled) -> Settled:
    """The absolute values."""
    if (plain := _plain(a)) is not None:
        if plain.dtype.kind == "i" and plain.size and plain.min() == np.iinfo(plain.dtype).min:
            raise ValueError(f"leaves the range of {plain.dtype}")
        return Constant(np.abs(plain))
    if isinstance(a, Enclosure):
        inside = (a.low <= 0) & (a.high >= 0)
        ends = np.abs(a.low), np.abs(a.high)
        return Enclosure(np.where(inside, 0.0, np.minimum(*ends)), np.maximum(*ends))
    grid = Scaled.of(a)
    unit = np.asarray(abs(grid.unit), object).reshape(grid.unit.shape)
    return Scaled(np.abs(grid.ints), unit).value()


def least(a: Settled, b: Settled) -> Settled:
    """The lesser of each pair."""
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        x, y = _enclosed(a, b)
        return Enclosure(np.minimum(x.low, y.low), np.minimum(x.high, y.high))
    return choose(order(a, b) <= 0, a, b)


def greatest(a: Settled, b: Settled) -> Settled:
    """The greater of each pair."""
    if isinstance(a, Enclosure) or isinstance(b, Enclosure):
        x, y = _enclosed(a, b)
        return Enclosure(np.maximum(x.low, y.low), np.maximum(x.high, y.high))
    return choose(order(a, b) >= 0, a, b)


def rounded(a: Settled, mode: str) -> Constant | QuantizedConstant:
    """Whole numbers: "half_even", "floor" or "ceil". Raises ValueError where bounds don't decide them."""
    if isinstance(a, Enclosure):
        function = {"half_even": np.rint, "floor": np.floor, "ceil": np.ceil}[mode]
        what = "may round to either of two whole numbers"
        return Constant(enclosures.decided(function(a.low), function(a.high), a, what))
    ints = grids.rounded(Scaled.of(a), mode)
    return QuantizedConstant(ints, exact_array(1), exact_array(0))


def rising(function: Callable[[Any], Any], a: Settled, low: float, high: float) -> Settled:
    """A rising function that is known within bounds only, with values between ``low`` and ``high``."""
    (x,) = _enclosed(a)
    return _if_exact(enclosures.rising(function, x, low, high))


def reduced(kind: str, a: Settled, axes: Sequence[int], keep: bool) -> Settled:
    """The "Sum", "Mean", "Max" or "Min" over some axes. Raises ValueError for none at all."""
    places = tuple(axes)
    count = int(np.prod([a.shape[axis] for axis in places], dtype=object))
    if not count:
        raise ValueError(f"reduces axes of length 0 of {a.shape}")
    result = _extreme(kind, a, places) if kind in ("Max", "Min") else _total(a, places)
    if kind == "Mean":
        result = multiply(result, Constant(exact_array(Fraction(1, count)).reshape(())))
    if keep:
        return result
    return map_arrays(result, lambda array: array.reshape(_without(array.shape, places)))


def _without(shape: tuple[int, ...], axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


def _total(a: Settled, axes: tuple[int, ...]) -> Settled:
    if isinstance(a, Constant) and a.array.dtype.kind in "biu":
        raise ValueError("adds up whole numbers, which is supported of real ones only")
    return enclosures.total(a, axes) if isinstance(a, Enclosure) else grids.total(Scaled.of(a), axes)


def _extreme(kind: str, a: Settled, axes: tuple[int, ...]) -> Settled:
    function = np.max if kind == "Max" else np.min
    if isinstance(a, Enclosure):
        return Enclosure(*(np.asarray(function(end, axis=axes, keepdims=True)) for end in (a.low, a.high)))
    plain = _plain(a)
    array = Scaled.of(a).exact() if plain is None else plain
    return Constant(np.asarray(function(array, axis=axes, keepdims=True), array.dtype))


class _OfArray(Protocol):
    def __call__(self, array: NDArray[Any], /) -> NDArray[Any]: ...


def map_arrays(value: Settled, change: _OfArray) -> Settled:
    """The same numbers in other places: ``change`` moves the elements of an array; a scale moves along, with
    every axis it has."""
    if isinstance(value, Constant):
        return Constant(np.asarray(change(value.array), value.array.dtype), value.of_batch or value.spread)
    if isinstance(value, Enclosure):
        return Enclosure(np.asarray(change(value.low)), np.asarray(change(value.high)))
    grid = Scaled.of(value)
    if grid.unit.size == 1:
        ints = np.asarray(change(grid.ints))
        return QuantizedConstant(ints, grid.unit.reshape((1,) * ints.ndim), exact_array(0))
    return _with_units(grid, change)


def _with_units(grid: Scaled, change: _OfArray) -> Settled:
    """Each element keeps its unit: these are numbered, and moved as the elements are."""
    numbers = np.arange(grid.unit.size).reshape(grid.unit.shape)
    moved = np.asarray(change(np.broadcast_to(numbers, grid.shape)))
    ints, unit = np.asarray(change(grid.ints)), moved
    for axis in range(moved.ndim):
        first = unit.take([0], axis=axis) if unit.shape[axis] else unit
        unit = first if (unit == first).all() else unit
    return Scaled(ints, np.asarray(grid.unit.reshape(-1)[unit], object).reshape(unit.shape)).value()


def compact(value: Settled) -> Settled:
    """The same numbers with the length 1 along each axis on which they don't vary."""
    if isinstance(value, Enclosure):
        return value
    grid = Scaled.of(value) if isinstance(value, QuantizedConstant) else None
    arrays = [value.array] if isinstance(value, Constant) else [grid.ints, grid.unit] if grid else []
    for axis, length in enumerate(value.shape):
        firsts = [array.take([0], axis=axis) for array in arrays]
        if length > 1 and all((array == f).all() for array, f in zip(arrays, firsts, strict=True)):
            arrays = firsts
    return Constant(arrays[0]) if isinstance(value, Constant) else Scaled(arrays[0], arrays[1]).value()


def _plain(a: Settled) -> NDArray[Any] | None:
    """Numbers as the file has them, if they are finite."""
    if not isinstance(a, Constant) or a.array.dtype == object:
        return None
    if a.array.dtype.kind == "f" and not np.isfinite(a.array).all():
        raise ValueError(f"{a.array[~np.isfinite(a.array)].flat[0]} is not a finite number")
    return a.array


def _enclosed(*values: Settled) -> list[Enclosure]:
    return [v if isinstance(v, Enclosure) else enclosures.enclosed(Scaled.of(v)) for v in values]


def _if_exact(value: Enclosure) -> Settled:
    return Constant(value.low) if np.array_equal(value.low, value.high) else value
