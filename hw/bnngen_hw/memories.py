"""Where memories lie, and how large they are."""

from __future__ import annotations

from typing import Literal

RomStyle = Literal["block", "logic", "counted"]
"""Block RAM; LUTs with a register behind them; LUTs behind a register for the address, so that few address
bits are all that the logic behind the memory has to look at."""
FeedStyle = Literal["registers", "block", "distributed", "huge"]
"""Flip-flops; block RAM; LUTs; the largest memories of a device."""


def ring_depth(capacity: int) -> int:
    """Words of the RAM behind a ring of ``capacity`` words."""
    return 1 << (capacity - 1).bit_length()


def replay_words(beats: int) -> int:
    """Words of the memory for two frames of ``beats`` beats: the second one begins at a power of two."""
    return (1 << (beats - 1).bit_length()) + beats
