"""The channels inside inverted bottlenecks, as a factor of those that come in."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, block_choices, block_fields
from bnngen.supernet.recipe import SupernetRecipe


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene a block."""
    return block_choices(recipe, "expand", "expand", "the factors of the largest network, one for each block")


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The factors of the blocks that there are."""
    return block_fields(recipe, "expand", "expand", genes)
