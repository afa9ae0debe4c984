"""Files in the making: what the writers of all layers share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.frontend.chosen import quant_attributes, write_quant
from bnngen.frontend.exact_tensors import TensorWriter
from bnngen.frontend.schema import QONNX
from bnngen.ir.graph import Shape, channels_first, channels_last
from bnngen.ir.moves import Reshape, Transposition
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import ExactArray
from bnngen.ops.layer import Layer
from bnngen.ops.threshold import Threshold


class Tensor(NamedTuple):
    """A tensor of the file, and the shape of a frame with the channels last; in the file they are first."""

    name: str
    shape: Shape


class NetworkWriter(TensorWriter):
    """Writes what layers have in common. Tensors of a layer are called after it."""

    def step(
        self, op: str, x: Tensor, *others: str, name: str, shape: Shape | None = None, **more: Any
    ) -> Tensor:
        """A node called ``name`` that makes one tensor of ``x``, of another ``shape`` where that is given."""
        made = self.node(op, x.name, *others, name=name, **more)
        return Tensor(made, x.shape if shape is None else shape)

    def extra(
        self, op: str, x: Tensor, *others: str, wish: str, shape: Shape | None = None, **more: Any
    ) -> Tensor:
        """The same under a name that is made of ``wish``."""
        return self.step(op, x, *others, name=self.free_name(wish), shape=shape, **more)

    def affine(self, x: Tensor, mul: ExactArray | None, add: ExactArray | None, wish: str) -> Tensor:
        """mul*x + add, each one number or one for each channel; None changes nothing."""
        for op, values, neutral in (("Mul", mul, 1), ("Add", add, 0)):
            if values is not None and any(value != neutral for value in values):
                x = self.extra(
                    op, x, self.numbers(self.spread(values, x), f"{wish}_{op}"), wish=f"{wish}_{op}"
                )
        return x

    def spread(self, values: NDArray[Any], x: Tensor) -> NDArray[Any]:
        """One number for each channel, in the shape in which it meets the tensor; one for all as it is."""
        return values if len(values) == 1 else values.reshape(-1, *(1,) * (len(x.shape) - 1))

    def reshaped(self, x: Tensor, shape: Shape, wish: str, name: str | None = None) -> Tensor:
        """The same elements in the file's order, as frames of ``shape``, channels last; the node may have a
        ``name``."""
        if x.shape == shape:
            return x
        wanted = self.array(np.array([0, *channels_first(shape)], np.int64), f"{wish}_shape")
        called = self.free_name(f"{wish}_view") if name is None else name
        return self.step("Reshape", x, wanted, name=called, shape=shape)

    def transposed(
        self, x: Tensor, moves: Sequence[Transposition], shape: Shape, wish: str, name: str | None = None
    ) -> Tensor:
        """Elements that change places, as frames of ``shape``, channels last: see
        `bnngen.ir.moves.Reshape`. The last node may have a ``name``."""
        for frame, axes in moves:
            x = self.reshaped(Tensor(x.name, ()), channels_last(frame), wish)
            perm = [0, *(1 + axis for axis in axes)]
            x = self.extra("Transpose", x, wish=f"{wish}_turned", shape=(), perm=perm)
        return self.reshaped(x, shape, wish, name)

    def viewed(self, x: Tensor, shape: Shape, wish: str) -> Tensor:
        """The same elements in the stream's order, as frames of ``shape``, channels last: as a layer sees
        them."""
        if Reshape(channels_first(shape)).keeps_order(x.shape):
            return self.reshaped(x, shape, wish)
        last, first = (*range(1, len(x.shape)), 0), (len(shape) - 1, *range(len(shape) - 1))
        moves = [(channels_first(x.shape), last), (shape, first)]
        return self.transposed(x, moves, shape, wish)

    def flattened(self, x: Tensor, wish: str) -> tuple[Tensor, NDArray[np.int64]]:
        """A frame as a vector, and for each of its elements the place in the stream."""
        places = np.arange(math.prod(x.shape)).reshape(x.shape)
        if len(x.shape) == 1:
            return x, places
        flat = self.extra("Flatten", x, wish=f"{wish}_flat", shape=(places.size,), axis=1)
        return flat, np.moveaxis(places, -1, 0).reshape(-1)

    def weights(self, ints: NDArray[np.int64], name: str) -> str:
        """Whole numbers behind the quantiser that says their type. Raises ModelError for more than 8 bits."""
        stored, one = (
            self.integers(ints, f"{name}_weights"),
            self.array(np.ones((), np.float32), f"{name}_one"),
        )
        called = self.free_name(f"{name}_weights_quant")
        if IntType.of_values(ints).bipolar:
            return self.node("BipolarQuant", stored, one, name=called, domain=QONNX[0])
        zero = self.array(np.zeros((), np.float32), f"{name}_zero")
        return write_quant(self, stored, _quant_type(ints, name), one, zero, called)

    def thresholds(self, x: Tensor, activation: Threshold, name: str) -> Tensor:
        """The node ``name``: how many thresholds each element reaches. In rows that fall it is how many it
        does
        not reach, which are those that its negative reaches, in steps of one: not x >= t is -x >= 1 - t."""
        table, falls = activation.thresholds, activation.invert
        if falls.any():
            turns = self.array(self.spread(np.where(falls, -1.0, 1.0).astype(np.float32), x), f"{name}_turns")
            x = self.extra("Mul", x, turns, wish=f"{name}_turned")
            table = np.where(falls[:, None], 1 - table[:, ::-1], table)
        if (table == table[0]).all():
            table = table[:1]
        bipolar = activation.type.bipolar
        return self.step(
            "MultiThreshold",
            x,
            self.integers(table, f"{name}_table"),
            name=name,
            domain=QONNX[0],
            out_scale=float(activation.step),
            out_bias=float(activation.type.lo),
            out_dtype="BIPOLAR" if bipolar else str(activation.type).split(" ")[0].upper(),
        )


def _quant_type(ints: NDArray[np.int64], name: str) -> IntType:
    """The least type of a Quant that holds the numbers."""
    lo, hi = int(ints.min()), int(ints.max())
    for bits in range(1 + (lo < 0), 9):
        half = 1 << bits - 1
        for type_ in (
            (IntType(1 - half, half - 1), IntType(-half, half - 1)) if lo < 0 else (IntType(0, 2 * half - 1),)
        ):
            if type_.lo <= lo and hi <= type_.hi and quant_attributes(type_) is not None:
                return type_
    raise ModelError(name, f"has weights from {lo} to {hi}; a file can hold those of at most 8 bits")


Writer = Callable[[NetworkWriter, Any, str, list[Tensor]], Tensor]
"""Writes a layer of this name that reads these tensors; thresholds behind it are written by others."""
_WRITERS: dict[type, Writer] = {}


def writes(*kinds: type) -> Callable[[Writer], Writer]:
    """Registers a function that writes layers of these classes."""

    def register(writer: Writer) -> Writer:
        _WRITERS.update(dict.fromkeys(kinds, writer))
        return writer

    return register


def written_kinds() -> Iterable[type]:
    """The classes of layers that can be written."""
    return _WRITERS.keys()


def write_layer(writer: NetworkWriter, op: Layer, name: str, inputs: list[Tensor]) -> Tensor:
    """A layer with what is behind it. Raises ModelError if no file can hold it."""
    write = _WRITERS.get(type(op))
    if write is None:
        raise ModelError(name, f"is of kind {op.kind}, which can't be written into a file yet")
    return write(writer, op, name, inputs)
