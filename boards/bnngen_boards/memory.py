"""The two memories of a board that a bitstream may go to."""

from __future__ import annotations

from enum import StrEnum


class Memory(StrEnum):
    """Where a bitstream goes: into the FPGA's own memory, or into the flash memory beside it."""

    SRAM = "sram"
    FLASH = "flash"
