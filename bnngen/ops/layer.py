"""What the compiler asks of a layer: one protocol for all kinds, and what many of them answer alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.option import Option, OptionTable, Place, by_folding, pareto, pareto_of
from bnngen.ir.graph import Shape
from bnngen.numbers.datatypes import IntType
from bnngen.ops.components import Components
from bnngen.ops.engine import Engine
from bnngen.ops.threshold import Threshold
from bnngen_boards.profile import Board

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


class Layer(Protocol):
    """An integer layer: what it computes, what it can be built of, and the hardware.

    Nobody else needs to know its kind. Tensors have their channels last, and a batch axis in `compute` only.
    """

    @property
    def kind(self) -> str:
        """What reports call it."""

    foldable: ClassVar[bool]
    """Whether there is a choice how to build it."""
    stores_frames: ClassVar[bool]
    """Whether a whole frame of its input fits into it, so that bursts don't wait."""
    gives_class: ClassVar[bool]
    """Whether it makes a class index of scores."""
    takes_thresholds: ClassVar[bool]
    """Whether thresholds behind it become a part of it: see `Thresholded`."""

    @property
    def input_type(self) -> IntType | None:
        """The type of the elements of the input; None before it is known."""

    @property
    def output_type(self) -> IntType:
        """The type of the elements of the output."""

    @property
    def elements_in(self) -> int:
        """Elements of a frame of the input."""

    @property
    def elements_out(self) -> int:
        """Elements of a frame of the output."""

    @property
    def weight_type(self) -> IntType | None:
        """The type of the weights; None without weights."""

    @property
    def parameters(self) -> int:
        """Weights."""

    @property
    def operations(self) -> int:
        """Multiply-accumulates a frame."""

    @property
    def weight_bits(self) -> int:
        """Bits of all weights, without padding."""

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The shape that it makes of its inputs' shapes. Raises ValueError if it can't take them."""

    @property
    def compute(self) -> Callable[..., NDArray[Any]]:
        """Makes of its inputs (frames, ...) the outputs (frames, ...), exactly."""

    def options(self, board: Board, place: Place = ...) -> list[Option]:
        """The ways to build it on ``board``, at its ``place``, that are worth considering."""

    def all_options(self, board: Board, place: Place = ...) -> Iterator[Option]:
        """All ways to build it."""

    def components(
        self, option: Option | None, lanes: Sequence[int], board: Board, slack: int = 0
    ) -> Components:
        """The hardware as ``option`` builds it (None for a layer without a choice), for inputs of so many
        ``lanes`` elements a beat, before a component that may take a beat ``slack`` cycles late."""

    def figures(self, option: Option | None) -> dict[str, Any]:
        """What reports say of this kind of layer beside what they say of all."""


class Thresholded(Layer, Protocol):
    """A layer that sums, with thresholds behind its sums."""

    @property
    def activation(self) -> Threshold | None:
        """The thresholds; None where the sums are the output."""

    @property
    def weights(self) -> NDArray[np.int64]:
        """(channels, ...): by what the elements of a sum are multiplied."""

    @property
    def row_ranges(self) -> NDArray[np.int64]:
        """(channels, 2): the least and the greatest sum."""

    @property
    def pads_zeros(self) -> bool:
        """Whether a sum may lack some of its elements."""


class Plain:
    """No choice, no weights, one input: what most kinds change in part."""

    kind: ClassVar[str]
    foldable: ClassVar[bool] = True
    stores_frames: ClassVar[bool] = False
    gives_class: ClassVar[bool] = False
    takes_thresholds: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """A layer is called as its class is, if it doesn't say otherwise."""
        super().__init_subclass__()
        cls.kind = cls.__dict__.get("kind", cls.__name__)

    @property
    def pads_zeros(self) -> bool:
        """See `Thresholded`."""
        return False

    @property
    def weight_type(self) -> IntType | None:
        """There is none."""
        return None

    @property
    def parameters(self) -> int:
        """There are none."""
        return 0

    @property
    def operations(self) -> int:
        """Nothing is multiplied."""
        return 0

    @property
    def weight_bits(self) -> int:
        """Nothing is stored."""
        return 0

    def options(self, board: Board, place: Place = Place()) -> list[Option]:  # noqa: B008 - frozen
        """See `Layer`."""
        return pareto(self.all_options(board, place))

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """See `Layer`."""
        raise NotImplementedError

    def components(
        self, option: Option | None, lanes: Sequence[int], board: Board, slack: int = 0
    ) -> Components:
        """See `Layer`: one row."""
        return Components([self.hardware(option, lanes[0], board, slack)], [])

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """The row of a layer with one input: see `Layer.components`."""
        raise NotImplementedError

    def figures(self, option: Option | None) -> dict[str, Any]:
        """See `Layer`."""
        return {}


class Tabulated(Plain):
    """A layer that works out what all of its foldings cost at once."""

    def tables(self, board: Board, place: Place) -> list[OptionTable]:
        """All ways to build it on ``board``, at its ``place``."""
        raise NotImplementedError

    def options(self, board: Board, place: Place = Place()) -> list[Option]:  # noqa: B008 - frozen
        """See `Layer`."""
        return pareto_of(self.tables(board, place))

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """See `Layer`."""
        return iter(by_folding(self.tables(board, place)))


class Moved(Plain):
    """A layer that takes one tensor of ``shape``, of elements of ``input_type``, and computes nothing."""

    shape: Shape
    input_type: IntType

    @property
    def output_type(self) -> IntType:
        """That of the input."""
        return self.input_type

    @property
    def elements_in(self) -> int:
        """Elements of the input."""
        return math.prod(self.shape)

    def check(self, inputs: Sequence[Shape]) -> None:
        """Raises ValueError if these are not the shapes of the layer's input."""
        if inputs[0] != self.shape:
            raise ValueError(f"takes a tensor of shape {self.shape}, not of shape {inputs[0]}")


class Weighted(Tabulated):
    """A layer with ``weights`` and an ``engine`` that multiplies by them."""

    weights: NDArray[np.int64]
    input_type: IntType

    takes_thresholds = True

    @property
    def engine(self) -> Engine:
        """What does the arithmetic."""
        raise NotImplementedError

    @property
    def weight_type(self) -> IntType:
        """The narrowest type of all weights."""
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
        """That of the thresholds, or of the dot products."""
        return self.engine.output_type

    @property
    def parameters(self) -> int:
        """Weights."""
        return self.weights.size

    @property
    def weight_bits(self) -> int:
        """Bits of all weights, without padding."""
        return self.weights.size * self.weight_type.bits

    def figures(self, option: Option | None) -> dict[str, Any]:
        """The matrix, the types, and where the weights lie."""
        if option is None:
            return super().figures(option)
        return super().figures(option) | {
            "rows": self.engine.rows,
            "columns": self.engine.columns,
            "input_type": str(self.input_type),
            "weight_type": str(self.weight_type),
            "output_type": str(self.output_type),
            "weight_memory": option.rom_style,
        }
