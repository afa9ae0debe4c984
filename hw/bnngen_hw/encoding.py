"""How one integer of a tensor is written as bits on a stream or in a memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["bipolar", "unsigned", "signed"]


@dataclass(frozen=True)
class Encoding:
    """The bits of one element.

    ``bipolar`` is one bit: 0 means -1 and 1 means +1. ``unsigned`` is plain binary,
    ``signed`` two's complement.

    Raises ValueError if ``bits`` is below 1, or not 1 for a bipolar element.
    """

    kind: Kind
    bits: int

    def __post_init__(self) -> None:
        if self.bits < 1:
            raise ValueError(f"an element needs at least 1 bit, not {self.bits}")
        if self.kind == "bipolar" and self.bits != 1:
            raise ValueError(f"a bipolar element has 1 bit, not {self.bits}")

    @classmethod
    def for_range(cls, lo: int, hi: int) -> Encoding:
        """The smallest two's complement or unsigned encoding that holds every integer of [lo, hi]."""
        if lo > hi:
            raise ValueError(f"empty range [{lo}, {hi}]")
        if lo >= 0:
            return cls("unsigned", max(1, hi.bit_length()))
        return cls("signed", max((-lo - 1).bit_length(), max(hi, 0).bit_length()) + 1)

    @property
    def lo(self) -> int:
        """The least value that the encoding can hold."""
        return {"bipolar": -1, "unsigned": 0, "signed": -(1 << (self.bits - 1))}[self.kind]

    @property
    def hi(self) -> int:
        """The greatest value that the encoding can hold."""
        return {"bipolar": 1, "unsigned": (1 << self.bits) - 1, "signed": (1 << (self.bits - 1)) - 1}[
            self.kind
        ]

    def encode(self, values: NDArray[np.integer]) -> NDArray[np.int64]:
        """Values to bit patterns (as non-negative integers below ``2**bits``).

        Raises ValueError if a value does not fit.
        """
        v = np.asarray(values, dtype=np.int64)
        if self.kind == "bipolar":
            if not np.all((v == 1) | (v == -1)):
                raise ValueError("a bipolar element is -1 or +1")
            return (v + 1) >> 1
        if v.size and (v.min() < self.lo or v.max() > self.hi):
            raise ValueError(f"values [{v.min()}, {v.max()}] do not fit {self.bits} {self.kind} bits")
        return v & ((1 << self.bits) - 1)

    def decode(self, codes: NDArray[np.integer]) -> NDArray[np.int64]:
        """Bit patterns back to values: the inverse of :meth:`encode`."""
        c = np.asarray(codes, dtype=np.int64)
        if self.kind == "bipolar":
            return 2 * c - 1
        if self.kind == "signed":
            return c - ((c >> (self.bits - 1)) << self.bits)
        return c
