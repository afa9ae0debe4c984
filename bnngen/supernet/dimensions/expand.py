"""The channels inside inverted bottlenecks, as a factor of those that come in."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, blocks, each_up_to, kept_blocks, needed
from bnngen.supernet.recipe import SupernetRecipe


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene a block."""
    own, smaller = recipe.model.expand, recipe.supernet.expand
    if own is None and not smaller:
        return {}
    own = needed(own, "expand", "the factors of the largest network, one for each block")
    depths = needed(recipe.model.depths, "depths", "how many blocks each width has")
    values = each_up_to(own, smaller, "expand")
    return {
        f"expand_{stage}_{number}": found
        for (stage, number), found in zip(blocks(depths), values, strict=False)
    }


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The factors of the blocks that there are."""
    depths = recipe.model.depths
    if recipe.model.expand is None or depths is None:
        return {}
    kept = kept_blocks(genes, depths)
    return {"model": {"expand": tuple(genes[f"expand_{stage}_{number}"] for stage, number in kept)}}
