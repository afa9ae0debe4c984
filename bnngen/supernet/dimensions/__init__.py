"""What may vary between sub-networks, one dimension a file.

Each has ``choices(recipe)``, the values of each of its genes, rising, the last one the largest network's; and
``fields(genes, recipe)``, what they make of the tables ``data`` and ``model``. A gene of a block is called
``<dimension>_<width>_<block>``. Genes without a choice have one value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bnngen.base.errors import RecipeError

if TYPE_CHECKING:
    from bnngen.supernet.recipe import SupernetRecipe

Genes = Mapping[str, int]
"""A sub-network: a value for each gene."""
Choices = dict[str, tuple[int, ...]]
Fields = dict[str, dict[str, Any]]
"""Changes of the tables of a recipe, by their names."""


def up_to(own: int, wanted: Sequence[int], field: str) -> tuple[int, ...]:
    """The values ``wanted`` and the recipe's ``own``, rising. Raises RecipeError if one is larger."""
    if more := [value for value in wanted if value > own]:
        raise RecipeError(f"found {more[0]}: at most the recipe's own, {own}", f"supernet.{field}")
    return tuple(sorted({*wanted, own}))


def each_up_to(own: Sequence[int], wanted: Sequence[int], field: str) -> list[tuple[int, ...]]:
    """The same for each of the recipe's ``own`` values, some of which may be less than what is wanted."""
    up_to(max(own, default=0), wanted, field)
    return [up_to(most, [value for value in wanted if value <= most], field) for most in own]


def blocks(depths: Sequence[int]) -> list[tuple[int, int]]:
    """Each block: the number of its width, and its own within that."""
    return [(stage, number) for stage, depth in enumerate(depths) for number in range(depth)]


def kept_blocks(genes: Genes, depths: Sequence[int]) -> list[tuple[int, int]]:
    """The `blocks` that a sub-network has, in the same order."""
    return [(stage, number) for stage, number in blocks(depths) if number < genes[f"depth_{stage}"]]


def block_choices(recipe: SupernetRecipe, gene: str, field: str, what: str) -> Choices:
    """A gene called ``gene`` for each block, from the list ``field`` of ``[model]``, if there is one. Raises
    RecipeError, which says ``what`` it holds, where it is missing."""
    own, smaller = getattr(recipe.model, field), getattr(recipe.supernet, field)
    if own is None and not smaller:
        return {}
    values = each_up_to(needed(own, field, what), smaller, field)
    places = blocks(needed(recipe.model.depths, "depths", "how many convolutions or blocks each width has"))
    return {f"{gene}_{k}_{n}": found for (k, n), found in zip(places, values, strict=False)}


def block_fields(recipe: SupernetRecipe, gene: str, field: str, genes: Genes) -> Fields:
    """The values of the blocks that a sub-network has, as the list ``field`` of ``[model]``."""
    depths = recipe.model.depths
    if getattr(recipe.model, field) is None or depths is None:
        return {}
    return {"model": {field: tuple(genes[f"{gene}_{k}_{n}"] for k, n in kept_blocks(genes, depths))}}


def needed(found: tuple[int, ...] | None, field: str, why: str) -> tuple[int, ...]:
    """``found``. Raises RecipeError if the recipe does not give it."""
    if found is None:
        raise RecipeError(f"is missing: {why}", f"model.{field}")
    return found
