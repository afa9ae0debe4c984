"""The names of ``bnngen quantize``: what each stands for, and in which file that is. A new one is both."""

from __future__ import annotations

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
