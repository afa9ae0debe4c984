"""Counts of device cells, and how many memory blocks a table takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Resources:
    """LUTs, flip-flops, memory blocks (of the device's own kind), DSP blocks and single-port memories."""

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    spram: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            self.lut + other.lut,
            self.ff + other.ff,
            self.bram + other.bram,
            self.dsp + other.dsp,
            self.spram + other.spram,
        )


def memory_blocks(width: int, depth: int, shapes: Sequence[tuple[int, int]]) -> int:
    """The fewest memory blocks that hold ``depth`` words of ``width`` bits.

    ``shapes`` are the (width, depth) pairs that one block can take; all blocks of a memory take the same.
    """
    return min(-(-width // w) * -(-depth // d) for w, d in shapes)


def logic_rom_luts(width: int, depth: int, lut_inputs: int) -> float:
    """LUTs of a ROM of ``depth`` words of ``width`` bits without memory blocks: the entries of a LUT, then
    multiplexers of two LUTs for every four of them. A few address bits have few functions: columns share
    them."""
    if depth <= 1:
        return 0
    leaves = max(1, depth / (1 << lut_inputs))
    return float(min(width, 2**depth) * (leaves + 0.67 * (leaves - 1)))
