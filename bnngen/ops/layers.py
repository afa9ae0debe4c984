"""What kinds of layers have in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.option import Option, Place, pareto
from bnngen.ir.graph import Shape
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.engine import Engine
from bnngen.ops.weightless import Weightless
from bnngen_boards.profile import Board


class Foldable:
    """A layer that can be built in more than one way."""

    @property
    def weight_bits(self) -> int:
        """Bits of all weights, without padding."""
        raise NotImplementedError

    def options(self, board: Board, place: Place = Place()) -> list[Option]:  # noqa: B008 - frozen
        """The ways to build the layer on ``board``, at its ``place``, that are worth considering."""
        return pareto(self.all_options(board, place))

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """All ways to build it."""
        raise NotImplementedError


class Moved(Weightless, Foldable):
    """A layer that takes one tensor of ``shape``, of elements of ``input_type``, and computes nothing."""

    shape: Shape
    input_type: IntType

    @property
    def output_type(self) -> IntType:
        return self.input_type

    @property
    def elements_in(self) -> int:
        """Elements of the input."""
        return math.prod(self.shape)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Raises ValueError if these are not the shapes of the layer's input."""
        if inputs[0] != self.shape:
            raise ValueError(f"takes a tensor of shape {self.shape}, not of shape {inputs[0]}")


class Weighted(Foldable):
    """A layer with ``weights`` and an ``engine`` that multiplies by them."""

    weights: NDArray[np.int64]

    @property
    def engine(self) -> Engine:
        """What does the arithmetic."""
        raise NotImplementedError

    @property
    def weight_type(self) -> IntType:
        return self.engine.weight_type

    @property
    def row_ranges(self) -> NDArray[np.int64]:
        """(N, 2): bounds of the dot products of each row; the closest ones, unless zeros are padded."""
        return self.engine.row_ranges

    @property
    def acc_type(self) -> IntType:
        """The type of the dot products."""
        return self.engine.acc_type

    @property
    def output_type(self) -> IntType:
        return self.engine.output_type

    @property
    def parameters(self) -> int:
        """Weights."""
        return self.weights.size

    @property
    def weight_bits(self) -> int:
        """Bits of all weights, without padding."""
        return self.weights.size * self.weight_type.bits


class Windowed:
    """A layer whose ``window`` moves over maps of shape ``spatial``, (H, W) or (L,), with ``channels``
    channels; it makes ``channels_out`` of them."""

    window: Window
    spatial: Axes

    @property
    def channels(self) -> int:
        """C."""
        raise NotImplementedError

    @property
    def channels_out(self) -> int:
        """N."""
        raise NotImplementedError

    @property
    def positions(self) -> Axes:
        """The shape of the output map."""
        return self.window.outputs(self.spatial)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        shape = (*self.spatial, self.channels)
        if inputs[0] != shape:
            raise ValueError(f"takes a tensor of shape {shape}, not of shape {inputs[0]}")
        return (*self.positions, self.channels_out)

    @property
    def elements_in(self) -> int:
        """Elements of an input map."""
        return math.prod(self.spatial) * self.channels

    @property
    def elements_out(self) -> int:
        """Elements of an output map."""
        return math.prod(self.positions) * self.channels_out
