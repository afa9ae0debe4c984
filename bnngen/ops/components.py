"""The hardware of a layer."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bnngen_hw.component import StreamComponent


class Components(NamedTuple):
    """The components of a layer: a row for each of its inputs, and the row that these lead to."""

    heads: list[list[StreamComponent]]
    tail: list[StreamComponent]

    @property
    def parts(self) -> list[StreamComponent]:
        """All of them."""
        return [*chain.from_iterable(self.heads), *self.tail]

    def mapped(self, change: Callable[[StreamComponent], StreamComponent]) -> Components:
        """The same with what ``change`` makes of each."""
        return Components([list(map(change, head)) for head in self.heads], list(map(change, self.tail)))

    @property
    def unevenness(self) -> int:
        """By how much it may take a beat late: see `StreamComponent`."""
        return max((head or self.tail)[0].unevenness for head in self.heads)
