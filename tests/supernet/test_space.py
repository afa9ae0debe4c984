"""Sub-networks: which there are, and the recipe of each."""

from __future__ import annotations

from random import Random

import pytest
from support.supernets import DENSE, MakeSupernet

from bnngen.base.errors import RecipeError
from bnngen.supernet.recipe import DIMENSIONS
from bnngen.supernet.space import Space, checked_space

pytestmark = pytest.mark.train


def test_the_genes(supernet_recipe: MakeSupernet) -> None:
    space = Space(supernet_recipe())
    assert space.choices == {
        "size": (6, 8),
        "kernel_0_0": (3, 5),
        "kernel_1_0": (3, 5),
        "kernel_1_1": (3,),
        "depth_0": (1,),
        "depth_1": (1, 2),
        "width_0": (4, 8),
        "width_1": (4, 12) if round(12 * 0.5 / 4) == 1 else (8, 12),
        "weight_bits": (1,),
        "act_bits": (1, 2),
    }
    assert space.combinations == 2**7
    assert "kernel_1_1" not in space.free


def test_the_largest_is_the_recipe_s_own(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe()
    assert (
        Space(recipe).sub(Space(recipe).largest).key
        == recipe.largest.model_copy(update={"model": recipe.model.model_copy(update={"dense": ()})}).key
    )


def test_the_smallest(supernet_recipe: MakeSupernet) -> None:
    space = Space(supernet_recipe())
    recipe = space.sub(space.smallest)
    model = recipe.model
    assert recipe.data.size == (6,)
    assert (model.widths, model.depths, model.kernels) == ((4, 8), (1, 1), (3, 3))
    assert (model.weight_bits, model.act_bits) == (1, 1)


def test_genes_of_blocks_that_are_not_there(supernet_recipe: MakeSupernet) -> None:
    space = Space(supernet_recipe("kernels = [5, 5, 3]", "kernels = [5, 5, 5]"))
    first, second = (space.largest | {"depth_1": 1, "kernel_1_1": kernel} for kernel in (3, 5))
    assert space.canonical(first) == space.canonical(second)
    assert space.canonical(space.largest | {"kernel_1_1": 3})["kernel_1_1"] == 3


def test_dense_networks_lose_layers_from_the_end(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe(*DENSE)
    space = Space(recipe)
    assert space.choices["depth"] == (1, 2)
    assert space.sub(space.largest | {"depth": 1}).model.widths == (8,)
    assert space.canonical(space.largest | {"depth": 1, "width_1": 8}) == space.largest | {"depth": 1}


def test_random_ones_stay_within_open_dimensions(supernet_recipe: MakeSupernet) -> None:
    space, random = Space(supernet_recipe()), Random(0)
    seen = [space.random(random, {"width"}) for _ in range(50)]
    assert {genes["width_0"] for genes in seen} == {4, 8}
    assert {genes["depth_1"] for genes in seen} == {2}
    assert {tuple(space.random(random, DIMENSIONS).values()) for _ in range(200)} > {
        tuple(space.smallest.values())
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("size = 8", "size = [8, 8]"), "data.size: has to be one number"),
        (("sizes = [6]", "sizes = [9]"), "supernet.sizes: found 9: at most the recipe's own, 8"),
        (("depths = [1]", "depths = [9]"), "supernet.depths: found 9: at most the recipe's own, 2"),
        (("kernels = [3]", "kernels = [7]"), "supernet.kernels: found 7: at most the recipe's own, 5"),
        (("act_bits = [1]", "act_bits = [3]"), "supernet.act_bits: found 3: at most"),
        (("kernels = [5, 5, 3]\n", ""), "model.kernels: is missing: the windows"),
        (("depths = [1, 2]\n", ""), "model.depths: is missing: how many convolutions"),
        (('"depth", "width"', '"depth"'), "supernet.phases: has choices in 'width', which no phase opens"),
        (("act_bits = 2", "act_bits = 2\nweight_bits = 32"), "a supernet has no layers in float"),
    ],
)
def test_what_does_not_fit_together(
    supernet_recipe: MakeSupernet, changes: tuple[str, str], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        checked_space(supernet_recipe(*changes))
