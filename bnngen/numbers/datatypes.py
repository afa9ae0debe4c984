"""The type of an integer tensor: which values can occur, and how one is written as bits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.encoding import Encoding


@dataclass(frozen=True)
class IntType:
    """Integers in [lo, hi]; a bipolar type holds -1 and +1 only (0 can't occur), in one bit."""

    lo: int
    hi: int
    bipolar: bool = False

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise ValueError(f"empty range [{self.lo}, {self.hi}]")
        if self.bipolar and (self.lo, self.hi) != (-1, 1):
            raise ValueError(f"a bipolar type is [-1, 1], not [{self.lo}, {self.hi}]")

    @classmethod
    def of_values(cls, values: NDArray[np.integer]) -> IntType:
        """The smallest type that holds every value of a non-empty array."""
        if np.all((values == 1) | (values == -1)):
            return BIPOLAR
        return cls(int(values.min()), int(values.max()))

    @classmethod
    def of_all(cls, types: Collection[IntType]) -> IntType:
        """A type that holds the values of every one of ``types``."""
        if len(set(types)) == 1:
            return next(iter(types))
        return cls(min(t.lo for t in types), max(t.hi for t in types))

    @cached_property
    def encoding(self) -> Encoding:
        """The bits on streams and in memories."""
        return Encoding("bipolar", 1) if self.bipolar else Encoding.for_range(self.lo, self.hi)

    @property
    def bits(self) -> int:
        """Bits of an element as it is written."""
        return self.encoding.bits

    def holds(self, values: NDArray[np.integer]) -> bool:
        """Whether every value of the array belongs to the type."""
        return bool(np.all(self.holding(values)))

    def holding(self, values: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which values of an array of any type of integers belong to the type."""
        inside = (values >= self.lo) & (values <= self.hi)
        return inside & (values != 0) if self.bipolar else inside

    def __str__(self) -> str:
        if self.bipolar:
            return "bipolar"
        kind = "uint" if self.encoding.kind == "unsigned" else "int"
        return f"{kind}{self.bits} {self.lo}..{self.hi}"


BIPOLAR = IntType(-1, 1, bipolar=True)
