"""What the components adapt to in a device's fabric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LutInputs = Literal[4, 6]


@dataclass(frozen=True)
class Target:
    """A fabric, as the generators see it.

    ``lut_inputs``: inputs of a LUT, which decides what a compressor tree is made of. ``levels_per_stage``:
    compressor levels between two registers. ``rom_register``: whether a register follows the weight ROM,
    for block RAMs whose outputs come late in the cycle. ``fanout``: how many lanes a copy of an engine's
    input register drives at most; None for one that drives all.

    Raises ValueError for numbers that make no sense.
    """

    lut_inputs: LutInputs = 4
    levels_per_stage: int = 2
    rom_register: bool = False
    fanout: int | None = None

    def __post_init__(self) -> None:
        if self.lut_inputs not in (4, 6):
            raise ValueError(f"LUTs have 4 or 6 inputs, not {self.lut_inputs}")
        if min(self.levels_per_stage, self.fanout or 1) < 1:
            raise ValueError("levels_per_stage and fanout must be at least 1")

    def copies(self, pe: int) -> int:
        """Copies of the input register of an engine with ``pe`` lanes."""
        return -(-pe // min(self.fanout or pe, pe))
