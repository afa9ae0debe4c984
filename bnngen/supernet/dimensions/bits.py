"""The bits of weights (two are ternary) and of hidden activations, the same in the whole network."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, up_to
from bnngen.supernet.recipe import SupernetRecipe

FIELDS = ("weight_bits", "act_bits")


def choices(recipe: SupernetRecipe) -> Choices:
    """A gene for the weights, and one for the activations."""
    return {name: up_to(getattr(recipe.model, name), getattr(recipe.supernet, name), name) for name in FIELDS}


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """Both numbers of bits."""
    return {"model": {name: genes[name] for name in FIELDS}}
