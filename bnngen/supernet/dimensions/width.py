"""Channels and neurons, sorted by importance and dropped from the end."""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.supernet.dimensions import Choices, Fields, Genes
from bnngen.supernet.dimensions.depth import DENSE, is_dense
from bnngen.supernet.recipe import SupernetRecipe
from bnngen.train.architectures import find_architecture

FIELDS = {"width": "widths", "dense": "dense"}
"""The genes' names, and the fields of ``[model]`` that they make."""


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene for each width, and for each dense layer of a convolutional network."""
    sizes, table = find_architecture(recipe.model).sizes, recipe.supernet
    return {
        f"{name}_{k}": tuple(sorted({*(_part(most, share, table.multiple) for share in table.widths), most}))
        for name, field in FIELDS.items()
        for k, most in enumerate(getattr(sizes, field))
    }


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The widths, as far as there are layers."""
    sizes = find_architecture(recipe.model).sizes
    made = {f: _values(genes, name, getattr(sizes, f)) for name, f in FIELDS.items()}
    if is_dense(recipe):
        made["widths"] = made["widths"][: genes[DENSE]]
    return {"model": made}


def _values(genes: Genes, name: str, own: Sequence[int]) -> tuple[int, ...]:
    return tuple(genes[f"{name}_{k}"] for k in range(len(own)))


def _part(most: int, share: float, multiple: int) -> int:
    return min(most, multiple * max(1, round(most * share / multiple)))
