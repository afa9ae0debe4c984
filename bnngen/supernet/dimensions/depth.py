"""How many blocks there are: those at the end of a width, or of a dense network, are skipped."""

from __future__ import annotations

from bnngen.supernet.dimensions import Choices, Fields, Genes, each_up_to, up_to
from bnngen.supernet.recipe import SupernetRecipe
from bnngen.train.architectures import find_architecture

DENSE = "depth"
"""The gene of networks of dense layers alone: how many are hidden."""


def is_dense(recipe: SupernetRecipe) -> bool:
    """Whether the network is made of dense layers alone."""
    return find_architecture(recipe.model).rank == 1


def choices(recipe: SupernetRecipe) -> Choices:
    """One gene for each width, or one for all hidden layers of a dense network."""
    wanted, own = recipe.supernet.depths, recipe.model.depths
    if is_dense(recipe):
        return {DENSE: up_to(len(find_architecture(recipe.model).sizes.widths), wanted, "depths")}
    if own is None:
        return {}
    return {f"{DENSE}_{k}": found for k, found in enumerate(each_up_to(own, wanted, "depths"))}


def fields(genes: Genes, recipe: SupernetRecipe) -> Fields:
    """The depths; the widths of a dense network say its own."""
    own = recipe.model.depths
    return {} if own is None else {"model": {"depths": tuple(genes[f"{DENSE}_{k}"] for k in range(len(own)))}}
