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
from bnngen.numbers.datatypes import IntType
from bnngen.ops.layer import Plain
from bnngen.ops.lowering import Site, lowers
from bnngen_boards.profile import Board

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


@dataclass(frozen=True)
class ClassIndex(Plain):
    """The index of the greatest of ``elements`` scores of ``input_type``; the lowest index wins a tie."""

    elements: int
    input_type: IntType | None = None

    kind = "ArgMax"
    foldable = False
    gives_class = True

    @property
    def elements_in(self) -> int:
        """The scores of a frame."""
        return self.elements

    @property
    def elements_out(self) -> int:
        """One index."""
        return 1

    @property
    def output_type(self) -> IntType:
        """That of an index."""
        return IntType(0, max(1, self.elements - 1))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        if math.prod(inputs[0]) != self.elements:
            raise ValueError(f"takes {self.elements} scores, not a tensor of shape {inputs[0]}")
        return (1,)

    def compute(self, scores: NDArray[np.integer]) -> NDArray[np.int64]:
        """scores (frames, ...) of ``elements`` a frame to (frames, 1)."""
        best: NDArray[np.int64] = np.argmax(scores.reshape(len(scores), -1), axis=1).astype(np.int64)
        return best[:, None]

    def hardware(
        self, option: Option | None, i_lanes: int, board: Board, slack: int = 0
    ) -> list[StreamComponent]:
        """See `Layer.components`: it takes any lanes, and sends one index a frame."""
        from bnngen_hw.argmax import ArgMax

        assert self.input_type is not None
        return [ArgMax(self.elements, self.input_type.encoding, i_lanes)]


@lowers(ClassIndex)
def lower(op: ClassIndex, site: Site) -> ClassIndex:
    """The layer that it is, on scores of a known type."""
    return replace(op, input_type=site.types[0])
