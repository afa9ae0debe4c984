"""Exact numbers as a file can hold them: floats, and operators on them that a reader computes exactly.

A float is a binary fraction. Any other rational number is a quotient of two whole ones, and a whole number
that no float holds a sum of some that one does; a radical is a sum of quotients times square roots.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from bnngen.numbers.exact import Exact, ExactArray

MOST_BITS = 1000
"""Bits of a whole number: a float64 reaches no further."""
DOUBLE_BITS = 53


class TensorWriter:
    """Collects the nodes and the tensors of a graph in the making; ``taken`` are names that it has already.

    ``nodes`` and ``initializers`` hold what has been made so far, in order.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def free_name(self, wish: str) -> str:
        """``wish``, or ``wish_2``, ``wish_3`` ...; taken from then on."""
        name, count = wish, 1
        while name in self._taken:
            count += 1
            name = f"{wish}_{count}"
        self._taken.add(name)
        return name

    def node(self, op: str, *inputs: str, name: str, output: str | None = None, **attributes: Any) -> str:
        """A node called ``name``, which must be free; returns the name of its output: ``output``, or one that
        is made of the node's."""
        made = output or self.free_name(f"{name}_out")
        self.nodes.append(helper.make_node(op, list(inputs), [made], name=name, **attributes))
        return made

    def array(self, array: NDArray[Any], wish: str) -> str:
        """An initializer with these numbers."""
        name = self.free_name(wish)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, values: NDArray[np.int64], wish: str) -> str:
        """An initializer with these whole numbers as floats, of single precision where that holds them."""
        floats = values.astype(np.float64)
        if not np.array_equal(floats.astype(object), values.astype(object)):
            return self.numbers(np.array([Exact.of(int(v)) for v in values.flat]).reshape(values.shape), wish)
        return self.array(_narrowed(floats), wish)

    def numbers(self, values: ExactArray, wish: str) -> str:
        """The tensor of these exact numbers. Raises ValueError for those that are too long to be written."""
        flat: list[Exact] = values.reshape(-1).tolist()
        radicands = sorted({radicand for value in flat for radicand in value.terms})
        sums = [self._term(values, radicand, wish) for radicand in radicands]
        if not sums:
            return self.array(np.zeros(values.shape, np.float32), wish)
        return self._added(sums, wish)

    def _term(self, values: ExactArray, radicand: int, wish: str) -> str:
        """c * sqrt(radicand) of each number."""
        flat: list[Exact] = values.reshape(-1).tolist()
        parts: NDArray[Any] = np.array([value.terms.get(radicand, Fraction(0)) for value in flat], object)
        factor = self._rationals(parts.reshape(values.shape), wish)
        if radicand == 1:
            return factor
        root = self._whole(np.array([radicand], object), f"{wish}_radicand")
        root = self._computed("Sqrt", root, wish=f"{wish}_root")
        return self._computed("Mul", factor, root, wish=f"{wish}_term")

    def _rationals(self, values: NDArray[Any], wish: str) -> str:
        """Rational numbers: as they are where floats hold them, else as quotients."""
        if all(_is_float(value) for value in values.flat):
            return self.array(_narrowed(values.astype(np.float64)), wish)
        above, below = (
            np.vectorize(part, otypes=[object])(values)
            for part in (lambda v: v.numerator, lambda v: v.denominator)
        )
        if len(set(below.flat)) == 1:
            below = below.reshape(-1)[:1]
        if set(below.flat) == {1}:
            return self._whole(above, wish)
        numerator, denominator = self._whole(above, f"{wish}_num"), self._whole(below, f"{wish}_den")
        return self._computed("Div", numerator, denominator, wish=wish)

    def _whole(self, values: NDArray[Any], wish: str) -> str:
        """Whole numbers of any length, as the sum of floats."""
        if max(abs(int(value)).bit_length() for value in values.flat) > MOST_BITS:
            raise ValueError(f"has numbers of more than {MOST_BITS:,} bits, which no float holds")
        parts = list[str]()
        while not parts or any(values.flat):
            top = np.vectorize(_leading, otypes=[object])(values)
            parts.append(self.array(_narrowed(top.astype(np.float64)), wish))
            values = values - top
        return self._added(parts, wish)

    def _added(self, parts: list[str], wish: str) -> str:
        total, *rest = parts
        for part in rest:
            total = self._computed("Add", total, part, wish=wish)
        return total

    def _computed(self, op: str, *inputs: str, wish: str) -> str:
        name = self.free_name(f"{wish}_{op.lower()}")
        return self.node(op, *inputs, name=name)


def _leading(value: int) -> int:
    """The number cut off behind its leading bits, as many as a float has."""
    cut = max(0, abs(value).bit_length() - DOUBLE_BITS)
    return (abs(value) >> cut << cut) * (-1 if value < 0 else 1)


def _is_float(value: Fraction) -> bool:
    try:
        return Fraction(float(value)) == value
    except OverflowError:
        return False


def _narrowed(values: NDArray[np.float64]) -> NDArray[Any]:
    """The same numbers in single precision, if that holds all of them."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return single if np.array_equal(single.astype(np.float64), values) else values
