"""Rounding to whole numbers, of which a quantiser is made where they have bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bnngen.ir.graph import Shape


@dataclass(frozen=True)
class Rounding:
    """y = the whole number that ``mode`` makes of x: see `bnngen.numbers.rounding`."""

    known_as: ClassVar[str] = "Round"

    mode: str

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """See `Op`."""
        return inputs[0]
