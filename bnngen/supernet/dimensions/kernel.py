"""The windows of convolutions; the inner part of a larger one, transformed, is a smaller one."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, block_choices, block_fields
from bnngen.supernet.recipe import SupernetRecipe


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene a window."""
    return block_choices(
        recipe, "kernel", "kernels", "the windows of the largest network, one for each convolution"
    )


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The windows of the blocks that there are."""
    return block_fields(recipe, "kernel", "kernels", genes)
