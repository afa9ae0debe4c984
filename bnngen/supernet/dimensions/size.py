"""The resolution of the input, by an exact integer resize of the samples."""

from __future__ import annotations

from bnngen.base.errors import RecipeError
from bnngen.supernet.dimensions import Choices, Fields, Genes, up_to
from bnngen.supernet.recipe import SupernetRecipe


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene, if there are sizes. Raises RecipeError if ``[data]`` does not say the largest one."""
    sizes = recipe.supernet.sizes
    if not sizes:
        return {}
    own = recipe.data.size
    if own is None or len(own) > 1:
        raise RecipeError("has to be one number, that of the largest network", "data.size")
    return {"size": up_to(own[0], sizes, "sizes")}


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The size of the samples."""
    return {"data": {"size": (genes["size"],)}} if "size" in genes else {}
