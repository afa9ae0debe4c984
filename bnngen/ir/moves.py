"""What puts elements elsewhere and computes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.graph import Shape, channels_last
from bnngen.ir.window import Axes


@dataclass(frozen=True)
class Concatenation:
    """Tensors whose shapes differ in the channels at most, one behind the other along these."""

    known_as: ClassVar[str] = "Concat"

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len({shape[:-1] for shape in inputs}) != 1:
            raise ValueError(f"joins tensors that differ in their channels only, not {list(inputs)}")
        return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))


@dataclass(frozen=True)
class ChannelSlice:
    """The channels ``first`` to ``last``, the latter not among them."""

    known_as: ClassVar[str] = "Slice"

    first: int
    last: int

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if not 0 <= self.first < self.last <= inputs[0][-1]:
            raise ValueError(f"takes the channels {self.first} to {self.last - 1} of {inputs[0][-1]}")
        return (*inputs[0][:-1], self.last - self.first)


@dataclass(frozen=True)
class Upsampling:
    """Each position of a map ``factors`` times along each axis."""

    known_as: ClassVar[str] = "Upsample"

    factors: Axes

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        *spatial, channels = inputs[0]
        if len(spatial) != len(self.factors) or min(self.factors) < 1:
            raise ValueError(f"repeats positions {self.factors} times in a tensor of shape {inputs[0]}")
        return (*(n * k for n, k in zip(spatial, self.factors, strict=True)), channels)


Transposition = tuple[Shape, Axes]
"""Frames of this shape with their axes in this order."""


@dataclass(frozen=True)
class Reshape:
    """The same elements in frames of another ``shape``, which is that of the file: (C, H, W), (C, L) or
    (features,), the channels first and slowest.

    Before that they change places, if there are ``transpositions``: the elements, in the file's order, are
    seen as a frame of the first one's shape, whose axes get its order; and so on. Without one they stay as
    they are.
    """

    shape: Shape
    transpositions: tuple[Transposition, ...] = ()

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if math.prod(self.shape) != math.prod(inputs[0]):
            raise ValueError(f"makes frames of shape {self.shape} of {math.prod(inputs[0])} elements")
        return channels_last(self.shape)

    @property
    def file_order(self) -> NDArray[np.int64] | None:
        """For each element of the result its number in the input, both in the file's order; None if they
        stay."""
        if not self.transpositions:
            return None
        order = np.arange(math.prod(self.shape))
        for shape, axes in self.transpositions:
            order = order.reshape(shape).transpose(axes).reshape(-1)
        return order

    def permutation(self, shape: Shape) -> NDArray[np.int64]:
        """For each element of the result, in channels-last order, its position in the input, of ``shape``."""
        order = np.arange(math.prod(shape)).reshape(shape)
        in_file = np.moveaxis(order, -1, 0).reshape(-1)
        moved = self.file_order
        frame = (in_file if moved is None else in_file[moved]).reshape(self.shape or (1,))
        return np.moveaxis(frame, 0, -1).reshape(-1)

    def keeps_order(self, shape: Shape) -> bool:
        """Whether the elements of an input of ``shape`` stay in channels-last order too."""
        order = self.permutation(shape)
        return bool((order == np.arange(len(order))).all())

    def keeps_channels(self, shape: Shape) -> bool:
        """Whether each element of an input of ``shape`` is in the same channel of the result."""
        channels = channels_last(self.shape)[-1]
        if channels != shape[-1] or not self.transpositions:
            return channels == shape[-1]
        order = self.permutation(shape)
        return bool((order % channels == np.arange(len(order)) % channels).all())

    def sources(self, shape: Shape) -> NDArray[np.int64]:
        """(positions, channels) of the result: the channel of an input of ``shape`` that each element was
        in."""
        result = self.permutation(shape) % shape[-1]
        return result.reshape(-1, channels_last(self.shape)[-1])


Move = Concatenation | ChannelSlice | Upsampling | Reshape
"""What puts elements elsewhere and computes nothing."""
