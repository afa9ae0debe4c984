"""All sub-networks of a supernet: which there are, and the recipe of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from random import Random

from bnngen.base.errors import RecipeError
from bnngen.supernet.dimensions import Genes
from bnngen.supernet.recipe import DIMENSIONS, SupernetRecipe
from bnngen.train.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Space:
    """The sub-networks of a ``recipe``. Raises RecipeError if what it says does not fit together."""

    recipe: SupernetRecipe

    @cached_property
    def by_dimension(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """The values of each gene, rising, for each dimension."""
        return {name: module.choices(self.recipe) for name, module in DIMENSIONS.items()}

    @cached_property
    def choices(self) -> dict[str, tuple[int, ...]]:
        """The values of each gene, rising."""
        return {gene: values for genes in self.by_dimension.values() for gene, values in genes.items()}

    @property
    def free(self) -> list[str]:
        """The genes with a choice."""
        return [gene for gene, values in self.choices.items() if len(values) > 1]

    @property
    def combinations(self) -> int:
        """How many values all genes together have; some of them make the same network."""
        return prod(map(len, self.choices.values()))

    @property
    def largest(self) -> dict[str, int]:
        """The network that contains all others."""
        return {gene: values[-1] for gene, values in self.choices.items()}

    @property
    def smallest(self) -> dict[str, int]:
        """The network with the least of everything."""
        return self.smallest_of(DIMENSIONS)

    def random(self, random: Random, dimensions: Collection[str]) -> dict[str, int]:
        """A sub-network that may be smaller in these ``dimensions``."""
        return self.canonical(
            {
                gene: random.choice(values) if name in dimensions else values[-1]
                for name, genes in self.by_dimension.items()
                for gene, values in genes.items()
            }
        )

    def canonical(self, genes: Genes) -> dict[str, int]:
        """The same network, with genes of blocks and layers that it has not as the largest one's."""
        unused = set(self._unused(genes))
        return {gene: values[-1] if gene in unused else genes[gene] for gene, values in self.choices.items()}

    def _unused(self, genes: Genes) -> Iterator[str]:
        for gene in self.choices:
            name, *numbers = gene.split("_")
            if not all(number.isdecimal() for number in numbers):
                continue
            if len(numbers) == 2 and int(numbers[1]) >= genes[f"depth_{numbers[0]}"]:
                yield gene
            if name == "width" and int(numbers[0]) >= genes.get("depth", len(self.choices)):
                yield gene

    def sub(self, genes: Genes) -> Recipe:
        """The recipe of a sub-network, for a training of its own."""
        recipe = self.recipe.largest
        for module in DIMENSIONS.values():
            for table, fields in module.fields(genes, self.recipe).items():
                recipe = recipe.model_copy(update={table: getattr(recipe, table).model_copy(update=fields)})
        return recipe

    def smaller(self, dimensions: Collection[str]) -> bool:
        """Whether any network is smaller than the largest in these ``dimensions``."""
        return any(len(v) > 1 for name in dimensions for v in self.by_dimension[name].values())

    def smallest_of(self, dimensions: Collection[str]) -> dict[str, int]:
        """The network with the least in these ``dimensions``."""
        return self.canonical(
            {
                gene: values[0] if name in dimensions else values[-1]
                for name, genes in self.by_dimension.items()
                for gene, values in genes.items()
            }
        )


def checked_space(recipe: SupernetRecipe) -> Space:
    """The sub-networks of ``recipe``. Raises RecipeError if what it says does not fit together."""
    space = Space(recipe)
    if recipe.is_float:
        raise RecipeError("a supernet has no layers in float", "model")
    opened = {name for phase in recipe.supernet.phases for name in phase.open} | {"size"}
    for name in DIMENSIONS:
        if recipe.supernet.phases and space.smaller({name}) and name not in opened:
            raise RecipeError(f"has choices in '{name}', which no phase opens", "supernet.phases")
    if not space.free:
        raise RecipeError("has no choice: there is one network only, for bnngen train", "supernet")
    return space
