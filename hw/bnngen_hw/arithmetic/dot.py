"""Dot products of low-bit integers: one bit heap for a word of inputs and a word of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Value
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from bnngen_hw.arithmetic.compressors import Weights
from bnngen_hw.arithmetic.heap import BitHeap
from bnngen_hw.arithmetic.product_code import PartialBit, ProductCode
from bnngen_hw.encoding import Encoding
from bnngen_hw.part import Part
from bnngen_hw.target import Target


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
