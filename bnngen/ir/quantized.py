"""Operators of the quantised graph: what a trained model computes, scales and real thresholds included.

Every parameter is exact. The passes rewrite all of these into the integer operators of ``bnngen.ops``,
the input's quantiser and what the host computes at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bnngen.ir.factor import Factor
from bnngen.ir.graph import Shape, channels_last
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, ExactArray


@dataclass(frozen=True, eq=False)
class Linear:
    """y = W x with integer weights (N, K); K input elements in channels-last order, output (N,)."""

    weights: NDArray[np.int64]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        rows, columns = self.weights.shape
        if math.prod(inputs[0]) != columns:
            raise ValueError(f"takes {columns} features, not a tensor of shape {inputs[0]}")
        return (rows,)


@dataclass(frozen=True, eq=False)
class Convolution:
    """y = W x at each position of a sliding window, with integer weights (N, K).

    Columns are the window's taps, the first axis slowest, each with the C / ``groups`` channels of the row's
    group. Padded positions hold the number ``pad``. Input (*spatial, C), output (*positions, N).
    """

    weights: NDArray[np.int64]
    window: Window
    groups: int = 1
    pad: Exact = Exact()  # noqa: RUF009 - never changes

    @property
    def channels(self) -> int:
        """C."""
        return int(self.weights.shape[1] // self.window.taps * self.groups)

    @property
    def depthwise(self) -> bool:
        """Whether each output sees only one channel."""
        return self.groups == self.channels

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        *spatial, channels = inputs[0]
        if channels != self.channels:
            raise ValueError(f"takes {self.channels} channels, not a tensor of shape {inputs[0]}")
        return (*self.window.outputs(tuple(spatial)), len(self.weights))


Product = Linear | Convolution
"""What multiplies by integer weights."""


@dataclass(frozen=True)
class Pooling:
    """The greatest element of each window, channel by channel; the least one in channels where ``least``.

    ``least`` has one flag, or one per channel. Padded positions don't count.
    """

    known_as: ClassVar[str] = "MaxPool"

    window: Window
    least: tuple[bool, ...] = (False,)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        *spatial, channels = inputs[0]
        if len(self.least) not in (1, channels):
            raise ValueError(f"has {len(self.least)} flags for {channels} channels")
        return (*self.window.outputs(tuple(spatial)), channels)


@dataclass(frozen=True)
class Sum:
    """factors[0]*x0 + factors[1]*x1 + ..., tensors of one shape times whole numbers."""

    factors: tuple[Factor, ...]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len(inputs) != len(self.factors) or len(set(inputs)) != 1:
            raise ValueError(
                f"adds {len(self.factors)} tensors of one shape, not of {', '.join(map(str, inputs))}"
            )
        return inputs[0]


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


@dataclass(frozen=True)
class Reshape:
    """The same elements in frames of another ``shape``, which is that of the file: (C, H, W), (C, L) or
    (features,), the channels first and slowest. So ordered they stay as they are."""

    shape: Shape

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if math.prod(self.shape) != math.prod(inputs[0]):
            raise ValueError(f"makes frames of shape {self.shape} of {math.prod(inputs[0])} elements")
        return channels_last(self.shape)

    def permutation(self, shape: Shape) -> NDArray[np.int64]:
        """For each element of the result, in channels-last order, its position in the input, of ``shape``."""
        order = np.arange(math.prod(shape)).reshape(shape)
        in_file = np.moveaxis(order, -1, 0).reshape(self.shape or (1,))
        return np.moveaxis(in_file, 0, -1).reshape(-1)

    def keeps_order(self, shape: Shape) -> bool:
        """Whether the elements of an input of ``shape`` stay in channels-last order too."""
        order = self.permutation(shape)
        return bool((order == np.arange(len(order))).all())

    def keeps_channels(self, shape: Shape) -> bool:
        """Whether the channels of an input of ``shape`` are those of the result."""
        return channels_last(self.shape)[-1] == shape[-1]


Move = Concatenation | ChannelSlice | Upsampling | Reshape
"""What puts elements elsewhere and computes nothing."""


@dataclass(frozen=True, eq=False)
class Affine:
    """y = mul*x + add, each one number (shape (1,)) or one per channel (shape (C,))."""

    mul: ExactArray
    add: ExactArray

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        for parameter in (self.mul, self.add):
            if parameter.shape not in ((1,), inputs[0][-1:]):
                raise ValueError(f"has {parameter.shape[0]} parameters for {inputs[0][-1]} channels")
        return inputs[0]

    @property
    def is_scalar(self) -> bool:
        """Whether every channel has the same parameters."""
        return _all_equal(self.mul) and _all_equal(self.add)


@dataclass(frozen=True)
class Clip:
    """y = min(max(x, low), high), with low <= high; an end that is None is open."""

    low: Exact | None
    high: Exact | None

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        return inputs[0]


RELU = Clip(Exact(), None)
"""y = max(x, 0)."""


@dataclass(frozen=True)
class Bound:
    """One real threshold: passed when x >= value, or x > value if ``strict``.

    Without a value it is always passed, or never if ``strict``. In a falling row the comparison is turned
    round: x <= value, x < value.
    """

    value: Exact | None
    strict: bool

    def passed(self, x: Exact, falling: bool) -> bool:
        """Whether ``x`` passes it, exactly; ``falling`` turns the comparison round."""
        if self.value is None:
            return not self.strict
        order = (x - self.value).sign() * (-1 if falling else 1)
        return order > 0 or (order == 0 and not self.strict)


ALWAYS = Bound(None, strict=False)
NEVER = Bound(None, strict=True)


@dataclass(frozen=True)
class Step:
    """A quantiser: code = type.lo + step * (how many of the channel's thresholds x passes).

    ``rows`` holds one row of L thresholds for all channels or one per channel, in the order of the levels;
    ``falling`` says per row whether the code falls as x rises. ``type`` is the type of the codes; ``step``
    is 2 if they are bipolar, else 1. ``from_sign`` marks a plain Sign, with the codes -1, 0 and +1, which is
    accepted only where 0 is proved not to occur.
    """

    rows: tuple[tuple[Bound, ...], ...]
    falling: tuple[bool, ...]
    type: IntType
    from_sign: bool = False

    @property
    def step(self) -> int:
        """The distance between two codes."""
        return 2 if self.type.bipolar else 1

    @property
    def turns(self) -> tuple[bool, ...]:
        """``falling``, but False in rows without any value: x decides nothing there."""
        return tuple(
            falls and any(b.value is not None for b in row)
            for row, falls in zip(self.rows, self.falling, strict=True)
        )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        if len(self.rows) not in (1, inputs[0][-1]):
            raise ValueError(
                f"has thresholds for {len(self.rows)} channels, but the input has {inputs[0][-1]}"
            )
        return inputs[0]


@dataclass(frozen=True)
class Softmax:
    """exp(x) / sum(exp(x)) over the channels: keeps the order, so it is the host's or drops out."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        return inputs[0]


def _all_equal(values: ExactArray) -> bool:
    flat = values.reshape(-1)
    return all(v == flat[0] for v in flat)
