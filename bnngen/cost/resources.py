"""Counts of device cells, and how many memory blocks a table takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Resources:
    """LUTs, flip-flops, memory blocks (of the device's own kind), DSP blocks and single-port memories; or
    arrays of them, as `stacked` makes."""

    lut: int = 0
    ff: int = 0
    bram: int = 0
    dsp: int = 0
    spram: int = 0

    @classmethod
    def stacked(cls, resources: Sequence[Resources]) -> Resources:
        """Those of some layers in arrays."""
        counts = [(r.lut, r.ff, r.bram, r.dsp, r.spram) for r in resources]
        return cls(*np.array(counts, np.int64).reshape(-1, 5).T)

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            self.lut + other.lut,
            self.ff + other.ff,
            self.bram + other.bram,
            self.dsp + other.dsp,
            self.spram + other.spram,
        )


def memory_blocks(width: Any, depth: Any, shapes: Sequence[tuple[int, int]]) -> Any:
    """The fewest memory blocks that hold ``depth`` words of ``width`` bits.

    ``shapes`` are the (width, depth) pairs that one block can take; all blocks of a memory take the same.
    Of arrays of widths and depths it is an array.
    """
    blocks = [-(-width // w) * -(-depth // d) for w, d in shapes]
    return np.min(blocks, axis=0) if isinstance(blocks[0], np.ndarray) else min(blocks)


def logic_rom_luts(width: Any, depth: Any, lut_inputs: int) -> Any:
    """LUTs of a ROM of ``depth`` words of ``width`` bits without memory blocks: the entries of a LUT, then
    multiplexers of two LUTs for every four of them. A few address bits have few functions: columns share
    them. Of arrays of widths and depths it is an array."""
    leaves = np.maximum(1, depth / (1 << lut_inputs))
    different = np.minimum(width, np.exp2(np.minimum(depth, 62)))
    return np.where(depth <= 1, 0, different * (leaves + 0.67 * (leaves - 1)))[()]


def bit_lengths(numbers: Any) -> Any:
    """The bits of each of an array of whole numbers from 0 to 2**52."""
    return np.frexp(numbers)[1]
