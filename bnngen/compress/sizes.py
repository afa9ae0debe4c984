"""The sizes of a student: layers' widths in proportion, as large as the board takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bnngen.train.architectures import find_architecture
from bnngen.train.recipe import Recipe

STEP = 4
"""Widths are multiples of it: more of them fold well."""
HALVINGS = 6
"""So often is the range halved in which the largest scale lies."""
PROBES = 8
"""In so many parts is the range above it cut to look for one that fits all the same."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Profile:
    """What part of the recipe's own widths each layer has, at a scale of 1, and the activations' bits."""

    widths: tuple[float, ...]
    dense: tuple[float, ...]
    act_bits: int

    def student(self, recipe: Recipe, scale: float, epochs: int) -> Recipe:
        """The recipe of a network with these sizes times ``scale``, trained for so many epochs."""
        sizes = find_architecture(recipe.model).sizes
        model = {
            "widths": _scaled(sizes.widths, self.widths, scale),
            "dense": _scaled(sizes.dense, self.dense, scale),
            "act_bits": self.act_bits,
        }
        return recipe.model_copy(
            update={
                "model": recipe.model.model_copy(update=model),
                "train": recipe.train.model_copy(update={"epochs": epochs}),
            }
        )


def largest(fits: Callable[[float], Found | None]) -> tuple[float, Found] | None:
    """The largest scale up to 1 for which ``fits`` finds something, and what that is; None if there is none.

    The range is halved as if what fits at one scale did at every smaller one. Sizes with few divisors fold
    badly, so some larger scales are tried then.
    """
    if (whole := fits(1.0)) is not None:
        return 1.0, whole
    best: tuple[float, Found] | None = None
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = fits(middle)
        if found is None:
            high = middle
        else:
            low, best = middle, (middle, found)
    for step in range(1, PROBES):
        scale = 1 - (1 - low) * step / PROBES
        if (found := fits(scale)) is not None:
            return scale, found
    return best


def _scaled(sizes: tuple[int, ...], parts: tuple[float, ...], scale: float) -> tuple[int, ...]:
    return tuple(
        min(size, max(STEP, round(size * part * scale / STEP) * STEP))
        for size, part in zip(sizes, parts, strict=True)
    )
