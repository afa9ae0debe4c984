"""The windows of convolutions; the inner part of a larger one, transformed, is a smaller one."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, blocks, each_up_to, kept_blocks, needed
from bnngen.supernet.recipe import SupernetRecipe


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene a window."""
    own, smaller = recipe.model.kernels, recipe.supernet.kernels
    if own is None and not smaller:
        return {}
    own = needed(own, "kernels", "the windows of the largest network, one for each convolution")
    depths = needed(recipe.model.depths, "depths", "how many convolutions each width has")
    values = each_up_to(own, smaller, "kernels")
    return {
        f"kernel_{stage}_{number}": found
        for (stage, number), found in zip(blocks(depths), values, strict=False)
    }


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The windows of the blocks that there are."""
    depths = recipe.model.depths
    if recipe.model.kernels is None or depths is None:
        return {}
    kept = kept_blocks(genes, depths)
    return {"model": {"kernels": tuple(genes[f"kernel_{stage}_{number}"] for stage, number in kept)}}
