"""What a tensor name of an ONNX file stands for while the file is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.limits import MOST_EXACT
from bnngen.ir.window import Axes
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import ExactArray, exact_array

OnnxShape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Constant:
    """A known array: numbers as the file has them, or exact ones (an object array of Exact).

    ``of_batch`` says that one of them is the batch size, which may stand in a shape and nowhere else;
    ``spread`` that the file has the array once for each frame of the batch, along its first axis, which has
    the length 1 here.
    ``type``: the integers that the file's type can hold, where numpy has no such type.
    """

    array: NDArray[Any]
    of_batch: bool = False
    spread: bool = False
    type: IntType | None = None

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return self.array.shape

    @property
    def whole_type(self) -> IntType:
        """All integers that the type of its whole numbers holds."""
        if self.type is not None:
            return self.type
        info = np.iinfo(self.array.dtype)
        return IntType(int(info.min), int(info.max))

    def exact(self) -> ExactArray:
        """Raises ValueError for NaN and infinity, and for more numbers than exact arithmetic is done with."""
        _check_count(self.array.size)
        return self.array if self.array.dtype == object else exact_array(self.array)


@dataclass(frozen=True, eq=False)
class QuantizedConstant:
    """A known array ints*scale + offset, where scale and offset broadcast against ints: whole numbers of 64
    bits, or of any length (an object array of int)."""

    ints: NDArray[Any]
    scale: ExactArray
    offset: ExactArray

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return self.ints.shape

    def exact(self) -> ExactArray:
        """The real numbers that it stands for, exactly. Raises ValueError for too many."""
        _check_count(self.ints.size)
        result: ExactArray = exact_array(self.ints) * self.scale + self.offset
        return result


@dataclass(frozen=True, eq=False)
class Enclosure:
    """A known array of which each number is known to lie from ``low`` to ``high``, both float64: what Tanh
    makes, for example. Where both are equal the number is exact."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return self.low.shape

    def exact(self) -> ExactArray:
        """Raises ValueError unless every number is exact."""
        if not np.array_equal(self.low, self.high):
            place = first_place(self.low != self.high)
            raise ValueError(
                f"computes with element {place} of a constant, which is only known to be about "
                f"{self.low[place]:g}; binarise or round it in the network"
            )
        _check_count(self.low.size)
        return exact_array(self.low)


@dataclass(frozen=True, eq=False)
class KnownSum:
    """A sum or a difference of known arrays: factor times array, of which none has been computed yet.

    Straight-through tricks add and subtract one array: what is left may be one of the others as it is.
    """

    terms: tuple[tuple[int, Constant | QuantizedConstant | Enclosure], ...]
    compute: Callable[[KnownSum], Constant | QuantizedConstant | Enclosure]

    @property
    def shape(self) -> OnnxShape:
        """Its shape."""
        return np.broadcast_shapes(*(value.shape for _, value in self.terms))

    @cached_property
    def settled(self) -> Constant | QuantizedConstant | Enclosure:
        """The sum, computed once. Raises ValueError where it can't be."""
        return self.compute(self)

    def exact(self) -> ExactArray:
        """Raises ValueError as the arrays do."""
        return self.settled.exact()


def first_place(where: NDArray[np.bool_]) -> tuple[int, ...]:
    """The index of the first True."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(where)), where.shape))


def _check_count(count: int) -> None:
    if count > MOST_EXACT:
        raise ValueError(
            f"computes with {count:,} numbers of a constant; at most {MOST_EXACT:,} are supported"
        )


@dataclass(frozen=True)
class Activation:
    """A tensor that depends on the input: its name in the graph, and its shape in the file (batch first).

    ``axes``: for each axis of a frame in the file, which one it is of the graph's tensor with its channels
    first; None where these are the same. ``wide``: whether it has more axes in the file than a map, so that
    the graph's tensor has the elements but not the axes. ``holds``: the integers that it holds, where the
    file keeps it as a type of integers, such as a comparison's 0 and 1. ``signed`` says that it is one of
    the signed types, so that sums may fall below 0.
    """

    name: str
    shape: OnnxShape
    holds: IntType | None = None
    signed: bool = False
    axes: Axes | None = None
    wide: bool = False


def is_framed(value: Value) -> bool:
    """Whether the file has the batch as the first axis of ``value``."""
    return isinstance(value, Activation) or (isinstance(value, Constant) and value.spread)


Known = Constant | QuantizedConstant | Enclosure | KnownSum
"""What does not depend on the input."""
Value = Known | Activation
