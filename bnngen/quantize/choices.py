"""The names of ``bnngen quantize``: what each stands for, and in which file that is. A new one is both."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.base.registry import Choice, Registry

RULES = Registry(
    "range rule",
    "bnngen.quantize.ranges",
    {
        "min_max": Choice("min_max", "all values"),
        "max_abs": Choice("max_abs", "the same on both sides of 0"),
        "percentile": Choice("percentile", "all but outliers"),
        "mse": Choice("mse", "where the squared error is least"),
    },
)
"""Modules that are each a `bnngen.quantize.ranges.Rule`."""

ROUNDINGS = Registry(
    "rounding",
    "bnngen.quantize.roundings",
    {
        "nearest": Choice("nearest", "each weight by itself"),
        "compensated": Choice("compensated", "the weights left make up for the error"),
    },
)
"""Modules that are each a `bnngen.quantize.roundings.WeightRounding`."""


@dataclass(frozen=True)
class Choices:
    """How a network is quantised. All numbers of bits are 2 to 8.

    ``ranges`` names the rule for both weights and activations, one of `RULES`, and ``percentile`` (50 to 100)
    is what it is told.
    ``per_channel``: a scale for each output of a layer, or one for all. ``budget``: how many bits all
    weights may take together, in place of ``weight_bits``. ``norms``: whether the batch norms are
    measured again. ``rounding`` names how weights come to their grid, one of `ROUNDINGS`.
    """

    weight_bits: int = 8
    act_bits: int = 8
    input_bits: int = 8
    ranges: str = "mse"
    percentile: float = 99.9
    per_channel: bool = True
    bias_correction: bool = True
    norms: bool = True
    budget: int | None = None
    rounding: str = "nearest"
