"""A product of low-bit integers as a sum of bits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bnngen_hw.encoding import Encoding

Gate = Literal["xnor", "xor", "and", "nand"]
"""What makes a product of an input bit and a weight bit."""


@dataclass(frozen=True)
class PartialBit:
    """One bit of a product: ``gate`` of input bit ``x_bit`` and weight bit ``w_bit``, of weight 2**column."""

    column: int
    x_bit: int
    w_bit: int
    gate: Gate


@dataclass(frozen=True)
class ProductCode:
    """A product of two encoded integers as a sum of bits.

    What hardware adds up, the raw sum, is a sum of bits and nothing else: never negative, no constants.
    The rest of the algebra depends on the weight alone, so it becomes one constant per row, which costs
    nothing in a threshold or in an accumulator's start value::

        dot = gain * raw + offset

    ========  ========  ==========================================================================
    input     weight    identity for one product
    ========  ========  ==========================================================================
    bipolar   bipolar   x * w = 2 * (bx XNOR bw) - 1
    bipolar   integer   x * w = 2 * (bx AND w) - w
    integer   bipolar   x * w = (x XNOR bw, bit by bit), less the code of ones where w = -1
    integer   integer   x * w = the bits' products
    ========  ========  ==========================================================================

    The bits that a sign gives a negative weight are inverted: -c = (NOT c) - 1. Lanes that hold no element
    have the neutral weight and input code 0.
    """

    x: Encoding
    w: Encoding

    @property
    def gain(self) -> int:
        """2 if the input is bipolar, else 1."""
        return 2 if self.x.kind == "bipolar" else 1

    @property
    def neutral_weight(self) -> int:
        """The weight of lanes that hold no element: 1 if bipolar, else 0."""
        return 1 if self.w.kind == "bipolar" else 0

    def bits(self) -> list[PartialBit]:
        """The bits of one product."""
        pairs = [(i, j) for i in range(self.x.bits) for j in range(self.w.bits)]
        return [PartialBit(i + j, i, j, self._gate(i, j)) for i, j in pairs]

    def heights(self, simd: int) -> tuple[int, ...]:
        """Bits of weight 2**c in ``simd`` products, for each c."""
        columns = Counter(bit.column for bit in self.bits())
        return tuple(simd * columns[c] for c in range(max(columns) + 1))

    def offset(self, weights: NDArray[np.integer], lanes: int) -> NDArray[np.int64]:
        """The offset of each row of ``weights`` (rows, K), computed on ``lanes`` >= K lanes."""
        w = np.asarray(weights, dtype=np.int64)
        zero_code = self.x.decode(np.zeros(1, np.int64))
        per_product = zero_code * w - self.gain * self._raw_at_zero(w)
        spare = lanes - w.shape[1]
        neutral = self.gain * self._raw_at_zero(np.array(self.neutral_weight))
        result: NDArray[np.int64] = per_product.sum(axis=1) - spare * neutral
        return result

    def _raw_at_zero(self, weights: NDArray[np.integer]) -> NDArray[np.int64]:
        """The raw product of input code 0 and each weight."""
        codes = self.w.encode(weights)
        raw = np.zeros_like(codes)
        for bit in self.bits():
            w = (codes >> bit.w_bit) & 1
            raw += {"xnor": 1 - w, "xor": w, "and": 0 * w, "nand": 0 * w + 1}[bit.gate] << bit.column
        return raw

    def _gate(self, x_bit: int, w_bit: int) -> Gate:
        negative = _is_sign(self.x, x_bit) != _is_sign(self.w, w_bit)
        if self.w.kind == "bipolar":
            return "xor" if negative else "xnor"
        return "nand" if negative else "and"


def _is_sign(encoding: Encoding, bit: int) -> bool:
    return encoding.kind == "signed" and bit == encoding.bits - 1
