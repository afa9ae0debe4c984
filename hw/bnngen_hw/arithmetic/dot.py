"""Dot products of low-bit integers: one bit heap for a word of inputs and a word of weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.arithmetic.compressors import Weights
from bnngen_hw.arithmetic.heap import BitHeap, Gate
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import Part
from bnngen_hw.target import Target


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


class DotProduct(Part):
    """``simd`` products summed up, for ``pe`` rows of weights at once: the raw sums of `ProductCode`.

    Free running: new operands every cycle. Latency: ``latency`` cycles (that of the bit heap).
    ``weights``: where port ``w`` comes from, as `compressors` tells it.

    Ports: ``x`` (in): ``copies`` times the ``simd`` input codes, each copy for as many lanes. ``w`` (in): the
    weights as `pack_weights` lays them out. ``sums`` (out): ``pe`` raw sums of ``width`` bits, none negative.
    """

    def __init__(
        self, simd: int, pe: int, x: Encoding, w: Encoding, target: Target, weights: Weights = "any"
    ) -> None:
        if simd < 1:
            raise ValueError(f"a dot product needs at least one lane, not {simd}")
        self.simd, self.pe, self.x_encoding, self.w_encoding = simd, pe, x, w
        self.code = ProductCode(x, w)
        self.copies = target.copies(pe)
        self._columns: list[list[tuple[int, PartialBit]]] = [[] for _ in range(x.bits + w.bits - 1)]
        for lane in range(simd):
            for bit in self.code.bits():
                self._columns[bit.column].append((lane, bit))
        gates = [[bit.gate for _, bit in column] for column in self._columns]
        self._heap = BitHeap(gates, pe, target, weights)
        self.latency, self.width = self._heap.latency, self._heap.width
        inputs = {"x": In(simd * x.bits * self.copies), "w": In(simd * w.bits * pe)}
        super().__init__({**inputs, "sums": Out(self.width * pe)})

    def pack_weights(self, weights: NDArray[np.integer]) -> list[int]:
        """Weights (n, pe, simd) as n words for port ``w``: for each lane, for each weight bit, a vector of
        ``pe`` bits; lane 0 and bit 0 lowest."""
        codes = self.w_encoding.encode(weights).swapaxes(1, 2)
        planes = (codes[:, :, None, :] >> np.arange(self.w_encoding.bits)[:, None]) & 1
        raw = np.packbits(planes.astype(np.uint8).reshape(len(codes), -1), axis=1, bitorder="little")
        return [int.from_bytes(word.tobytes(), "little") for word in raw]

    def compute(self, x: NDArray[np.integer], weights: NDArray[np.integer]) -> NDArray[np.int64]:
        """The raw sums (n, pe) of inputs (n, simd) and weights (pe, simd)."""
        w = np.asarray(weights, dtype=np.int64)
        dot = np.asarray(x, dtype=np.int64) @ w.T
        return (dot - self.code.offset(w, self.simd)) // self.code.gain

    def elaborate(self, platform: Any) -> Module:
        """The operands of all products' bits, in the heap's order."""
        m = Module()
        m.submodules.heap = self._heap
        bits = [entry for column in self._columns for entry in column]
        m.d.comb += [
            self._heap.x.eq(Cat(self._input(lane, bit) for lane, bit in bits)),
            self._heap.w.eq(Cat(self._weights(lane, bit) for lane, bit in bits)),
            self.sums.eq(self._heap.sums),
        ]
        return m

    def _input(self, lane: int, bit: PartialBit) -> Value:
        """One input bit in all copies."""
        size = self.simd * self.x_encoding.bits
        place = lane * self.x_encoding.bits + bit.x_bit
        return Cat(self.x[copy * size + place] for copy in range(self.copies))

    def _weights(self, lane: int, bit: PartialBit) -> Value:
        """The ``pe`` rows' weight bits that meet it."""
        first = (lane * self.w_encoding.bits + bit.w_bit) * self.pe
        return self.w[first : first + self.pe]
