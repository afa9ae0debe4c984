"""A network that is to be fitted to a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from bnngen.cost.option import Option, Place
from bnngen.cost.resources import Resources
from bnngen.ops.layer import Layer
from bnngen.schedule.budget import Rate, budget, comfortable, cycle_limit
from bnngen.schedule.solver import choose
from bnngen_boards.profile import Board


@dataclass(frozen=True, eq=False)
class Problem:
    """The layers with choices, by name; the board and its real clock; the wanted rate; the block RAMs to
    spare for what only a whole design tells; the cycles that a frame may take, where the rate says no number;
    and the bytes that a frame of inputs should take at most, each beat whole bytes: None for any."""

    layers: Sequence[tuple[str, Layer]]
    board: Board
    clock_mhz: Fraction
    rate: Rate
    spare: int = 0
    cycles: int | None = None
    most_bytes: int | None = None

    @cached_property
    def options(self) -> list[list[Option]]:
        """What each layer can be on this board."""
        last = len(self.layers) - 1
        found = [
            op.options(self.board, Place(first=number == 0, last=number == last))
            for number, (_, op) in enumerate(self.layers)
        ]
        if found and self.most_bytes is not None:
            found[0] = _packed(found[0], self.layers[0][1], self.most_bytes)
        return found

    @property
    def budget(self) -> Resources:
        """What the layers may take together."""
        return self._budget(self.rate)

    @property
    def whole(self) -> Resources:
        """The same at any rate."""
        return self._budget("max")

    def _budget(self, rate: Rate) -> Resources:
        found = budget(self.board, rate)
        return replace(found, bram=max(0, found.bram - self.spare))

    @property
    def limit(self) -> int | None:
        """The cycles that a frame may take; None for as few as fit."""
        by_rate = cycle_limit(self.rate, self.clock_mhz)
        return self.cycles if by_rate is None else by_rate

    @property
    def weight_bits(self) -> int:
        """Bits of all weights."""
        return sum(op.weight_bits for _, op in self.layers)

    @cached_property
    def solution(self) -> list[Option] | None:
        """One option for each layer; None if there is no such choice."""
        return choose(self.options, self.budget, self.limit, comfortable(self.board))

    @cached_property
    def fastest(self) -> int | None:
        """The fewest cycles a frame that fit the whole device; None if nothing fits."""
        choice = choose(self.options, self.whole, None)
        return None if choice is None else max(option.cycles for option in choice)


def _packed(options: list[Option], op: Layer, most: int) -> list[Option]:
    """Those of the ``options`` for the first layer whose frames take at most so many bytes; the smallest
    where none does."""
    bits = 1 if op.input_type is None else op.input_type.bits
    sizes = [-(-op.elements_in // o.i_lanes) * -(-o.i_lanes * bits // 8) for o in options]
    limit = max(most, min(sizes))
    return [option for option, size in zip(options, sizes, strict=True) if size <= limit]
