"""The greatest, or the least, element of a whole map."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ir.graph import Shape
from bnngen.ir.layers import Pooling
from bnngen.ir.window import Axes, Window
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Plain
from bnngen.ops.line_buffer import divisors
from bnngen.ops.lowering import Site, lowers
from bnngen_boards.profile import Board

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True, eq=False)
class GlobalMaxPool(Plain):
    """The greatest element of each channel; the least one in channels where ``least``.

    ``least`` (C,); ``spatial`` is the shape of the input map, (H, W) or (L,), of elements of ``input_type``.
    The output has one position along each axis.
    """

    spatial: Axes
    least: NDArray[np.bool_]
    input_type: IntType

    @property
    def output_type(self) -> IntType:
        """That of the input."""
        return self.input_type

    @property
    def channels(self) -> int:
        """C."""
        return len(self.least)

    @property
    def positions(self) -> int:
        """Positions of the input map."""
        return math.prod(self.spatial)

    @property
    def elements_in(self) -> int:
        """Elements of the input map."""
        return self.positions * self.channels

    @property
    def elements_out(self) -> int:
        """C."""
        return self.channels

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        shape = (*self.spatial, self.channels)
        if inputs[0] != shape:
            raise ValueError(f"takes a tensor of shape {shape}, not of shape {inputs[0]}")
        return (*(1 for _ in self.spatial), self.channels)

    def compute(self, x: NDArray[np.integer]) -> NDArray[Any]:
        """x (frames, ...) with the map's elements a frame to (frames, 1, ..., C)."""
        maps = x.reshape(len(x), self.positions, self.channels)
        best = np.where(self.least, maps.min(axis=1), maps.max(axis=1))
        result: NDArray[Any] = best.reshape(len(x), *self.output_shape([(*self.spatial, self.channels)]))
        return result

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides the channels."""
        bits = self.input_type.bits
        for lanes in divisors(self.channels):
            width, words = lanes * bits, self.channels // lanes
            structure = Structure(
                choices=width,
                comparisons=0 if self.input_type.bipolar else width,
                slices=width * (place.first + place.last),
                control=words.bit_length() + self.positions.bit_length(),
            )
            cost = Resources(lut=luts(structure, board.family), ff=self.channels * bits + width)
            yield Option(Folding(lanes, lanes), "logic", "registers", self.positions * words, cost)

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`."""
        from bnngen_hw.running_maximum import RunningMaximum
        from bnngen_hw.streams.width import WidthConverter

        assert option is not None
        lanes, encoding = option.folding.simd, self.input_type.encoding
        changes = i_lanes != lanes
        converter = [WidthConverter(self.elements_in, encoding.bits, i_lanes, lanes)] if changes else []
        return [*converter, RunningMaximum(encoding, lanes, self.positions, self.least)]


def _is_global(op: Pooling, site: Site) -> bool:
    """Whether the window is the whole map."""
    return op.window == Window.plain(tuple(site.shapes[0][:-1]))


@lowers(Pooling, when=_is_global)
def lower(op: Pooling, site: Site) -> GlobalMaxPool:
    """The layer of a pooling over the whole map."""
    *spatial, channels = site.shapes[0]
    return GlobalMaxPool(tuple(spatial), np.resize(np.array(op.least), channels), site.types[0])
