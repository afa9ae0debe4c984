"""Tensors one behind the other along their channels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.cost.folding import Folding
from bnngen.cost.lut_model import Structure, luts
from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ir.graph import Shape
from bnngen.ir.moves import Concatenation
from bnngen.numbers.datatypes import IntType
from bnngen.ops.components import Components
from bnngen.ops.joined import Joined
from bnngen.ops.layer import Plain
from bnngen.ops.line_buffer import divisors
from bnngen.ops.lowering import Site, lowers
from bnngen_boards.profile import Board


@dataclass(frozen=True)
class Concat(Plain):
    """Joins tensors of the shapes ``(*spatial, channels[k])`` and of ``input_types[k]`` to one of shape
    ``(*spatial, sum(channels))``, whose type holds all values."""

    spatial: Shape
    channels: tuple[int, ...]
    input_types: tuple[IntType, ...]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Layer`."""
        wanted = [(*self.spatial, channels) for channels in self.channels]
        if list(inputs) != wanted:
            raise ValueError(f"takes tensors of the shapes {wanted}, not {', '.join(map(str, inputs))}")
        return (*self.spatial, sum(self.channels))

    @property
    def input_type(self) -> IntType:
        """A type that holds every input."""
        return IntType.of_all(self.input_types)

    @property
    def output_type(self) -> IntType:
        """One that holds every input."""
        return self.input_type

    @property
    def elements_in(self) -> int:
        """Elements of all inputs together."""
        return math.prod(self.spatial) * sum(self.channels)

    @property
    def elements_out(self) -> int:
        """Elements of the output."""
        return self.elements_in

    def compute(self, *inputs: NDArray[np.integer]) -> NDArray[Any]:
        """inputs (frames, ...) of the elements of ``(*spatial, channels[k])`` a frame to (frames, *spatial,
        sum(channels))."""
        shaped = (
            x.reshape(len(x), *self.spatial, channels)
            for x, channels in zip(inputs, self.channels, strict=True)
        )
        return np.concatenate(list(shaped), axis=-1)

    def all_options(self, board: Board, place: Place = Place()) -> Iterator[Option]:  # noqa: B008 - frozen
        """Every number of lanes that divides the channels of each input, with every place for the queues."""
        for lanes in divisors(math.gcd(*self.channels)):
            joined = self._joined(lanes)
            for style in joined.styles(board):
                memory = joined.memory(style, board)
                ends = Structure(slices=lanes * self.output_type.bits * (place.first + place.last))
                cost = memory + Resources(lut=luts(joined.structure + ends, board.family))
                folding = Folding(lanes, lanes)
                yield Option(folding, "logic", style, joined.cycles, cost, ring_blocks=memory.bram)

    def _joined(self, lanes: int) -> Joined:
        counts = tuple(channels // lanes for channels in self.channels)
        return Joined(lanes, self.input_types, self.output_type, counts, math.prod(self.spatial))

    def components(
        self, option: Option | None, lanes: Sequence[int], board: Board, slack: int = 0
    ) -> Components:
        """See `Layer`: for each input what changes its lanes, then the join."""
        assert option is not None
        joined = self._joined(option.folding.pe)
        return Components(joined.heads(lanes), [joined.hardware(option.feed_style)])


@lowers(Concatenation)
def lower(op: Concatenation, site: Site) -> Concat:
    """The layer of a concatenation."""
    channels = tuple(shape[-1] for shape in site.shapes)
    return Concat(site.shapes[0][:-1], channels, tuple(site.types))
