"""The class with the highest score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.option import Option
from bnngen.ir.graph import Shape
from bnngen.ir.window import Axes
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Plain
from bnngen.ops.lowering import Site, check_sum, lowers
from bnngen_boards.profile import Board

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True)
class ClassIndex(Plain):
    """The index of the greatest of ``elements`` scores of ``input_type``; the lowest index wins a tie. In a
    map of shape ``spatial`` there is one at each position.

    Compared are score * 2**``shift`` + offset, where there are ``offsets``, one for each class.
    """

    elements: int
    input_type: IntType | None = None
    spatial: Axes = ()
    shift: int = 0
    offsets: tuple[int, ...] = ()

    kind = "ArgMax"
    foldable = False
    gives_class = True

    @property
    def positions(self) -> int:
        """Indices a frame."""
        return math.prod(self.spatial)

    @property
    def elements_in(self) -> int:
        """The scores of a frame."""
        return self.elements * self.positions

    @property
    def elements_out(self) -> int:
        """One index for each position."""
        return self.positions

    @property
    def output_type(self) -> IntType:
        """That of an index."""
        return IntType(0, max(1, self.elements - 1))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        if math.prod(inputs[0]) != self.elements_in or (inputs[0][-1:] != (self.elements,) and self.spatial):
            where = f" at each position of {self.spatial}" if self.spatial else ""
            raise ValueError(f"takes {self.elements} scores{where}, not a tensor of shape {inputs[0]}")
        return (*self.spatial, 1)

    def compute(self, scores: NDArray[np.integer]) -> NDArray[np.int64]:
        """scores (frames, ...) of ``elements_in`` a frame to (frames, *spatial, 1)."""
        rows = scores.reshape(len(scores), *self.spatial, self.elements)
        if self.offsets:
            rows = (rows.astype(np.int64) << self.shift) + np.array(self.offsets)
        best: NDArray[np.int64] = np.argmax(rows, axis=-1).astype(np.int64)
        return best[..., None]

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`: a vector may come in any lanes, the scores of a position in those that
        divide them."""
        from bnngen_hw.argmax import ArgMax
        from bnngen_hw.streams.width import WidthConverter

        assert self.input_type is not None
        encoding, lanes = self.input_type.encoding, i_lanes
        if self.positions > 1:
            lanes = math.gcd(i_lanes, self.elements)
        converter = (
            [] if lanes == i_lanes else [WidthConverter(self.elements_in, encoding.bits, i_lanes, lanes)]
        )
        return [
            *converter,
            ArgMax(self.elements, encoding, lanes, self.positions, self.shift, self.offsets),
        ]


@lowers(ClassIndex)
def lower(op: ClassIndex, site: Site) -> ClassIndex:
    """The layer that it is, on scores of a known type."""
    (type_,) = site.types
    greatest = max(abs(type_.lo), abs(type_.hi)) << op.shift
    check_sum(site.name, greatest + max(map(abs, op.offsets), default=0))
    return replace(op, input_type=type_)
