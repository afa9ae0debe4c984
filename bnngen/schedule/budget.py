"""What a board offers, and what of it the layers of a network may take."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from bnngen.base.errors import UsageError
from bnngen.cost.resources import Resources, memory_blocks
from bnngen_boards.profile import Board

DEFAULT_LUT_SHARE = Fraction(7, 10)
"""Without a wanted rate a design may take this part of the LUTs, and no more than the board's
``routable_lut``: more routes slowly, or not at all."""
HOST_LINK_LOGIC = Resources(lut=500, ff=460)
"""What the board's serial link, clock and reset take beside the accelerator, without the link's buffer: 150
LUTs and 110 flip-flops of it are for the checks of the second protocol."""

Rate = float | Fraction | Literal["max", "link"] | None
"""Frames a second; as many as fit the whole device; as many as the board's serial line carries, which
`bnngen.fit` makes a number of; as many as fit well."""


def available(board: Board) -> Resources:
    """What the device has."""
    r = board.resources
    return Resources(r.lut, r.ff, r.bram.blocks, r.dsp, r.spram.blocks if r.spram else 0)


def host_link(board: Board) -> Resources:
    """What the design around the accelerator takes: a serial link with a buffer of bytes, clock, reset;
    nothing on a board without a serial link."""
    if board.uart is None:
        return Resources()
    blocks = memory_blocks(8, board.uart.buffer_bytes, board.resources.bram.shapes)
    return HOST_LINK_LOGIC + Resources(bram=blocks)


def budget(board: Board, rate: Rate) -> Resources:
    """What the layers may take together."""
    all_, link = available(board), host_link(board)
    lut = (
        all_.lut
        if rate is not None
        else min(math.floor(all_.lut * DEFAULT_LUT_SHARE), board.fabric.routable_lut)
    )
    return replace(all_, lut=lut - link.lut, ff=all_.ff - link.ff, bram=all_.bram - link.bram)


def comfortable(board: Board) -> Resources:
    """What area is measured by: LUTs up to twice what routes within minutes, for more hardly route at all."""
    all_ = available(board)
    return replace(all_, lut=min(all_.lut, 2 * board.fabric.routable_lut))


def cycle_limit(rate: Rate, clock_mhz: Fraction) -> int | None:
    """The cycles that a frame may take; None for as few as fit. Raises UsageError for a rate that is no
    positive number."""
    if rate is None or rate == "max":
        return None
    if isinstance(rate, str) or not 0 < rate < math.inf:
        raise UsageError(f"the frame rate must be a number above 0, link or max, not {rate}")
    return math.floor(clock_mhz * 1_000_000 / Fraction(rate))
