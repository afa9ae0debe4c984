"""The steps of a build."""

from __future__ import annotations

from enum import StrEnum


class BuildStep(StrEnum):
    """A step of a build, in order; each needs the ones before it, but for the simulation."""

    ESTIMATE = "estimate"
    VERILOG = "verilog"
    SIMULATE = "simulate"
    SYNTH = "synth"
    BITSTREAM = "bitstream"


STEPS = tuple(BuildStep)
"""All of them."""
