"""What may vary: the genes of each dimension, and the fields of a recipe that they make."""

from __future__ import annotations

from typing import Any

import pytest
from support.supernets import DENSE, MakeSupernet

from bnngen.base.errors import RecipeError
from bnngen.supernet.dimensions import bits, depth, expand, kernel, size, up_to, width

pytestmark = pytest.mark.train

INVERTED = ('"vgg"', '"inverted"', "kernels = [5, 5, 3]", "kernels = [5, 5, 3]\nexpand = [2, 3, 1]")


def made(module: Any, recipe: Any, **genes: int) -> tuple[dict[str, tuple[int, ...]], dict[str, Any]]:
    """The choices of a dimension, and what it makes of the largest network's genes and these."""
    largest = {
        gene: values[-1]
        for each in (size, kernel, depth, width, expand, bits)
        for gene, values in each.choices(recipe).items()
    }
    return module.choices(recipe), module.fields(largest | genes, recipe)


def test_each_dimension(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe()
    assert made(size, recipe, size=6) == ({"size": (6, 8)}, {"data": {"size": (6,)}})
    windows = {"kernel_0_0": (3, 5), "kernel_1_0": (3, 5), "kernel_1_1": (3,)}
    assert made(kernel, recipe, kernel_1_0=3) == (windows, {"model": {"kernels": (5, 3, 3)}})
    assert made(kernel, recipe, depth_1=1)[1] == {"model": {"kernels": (5, 5)}}
    depths = {"depth_0": (1,), "depth_1": (1, 2)}
    assert made(depth, recipe, depth_1=1) == (depths, {"model": {"depths": (1, 1)}})
    widths = {"width_0": (4, 8), "width_1": (8, 12)}
    assert made(width, recipe, width_0=4) == (widths, {"model": {"widths": (4, 12), "dense": ()}})
    assert made(bits, recipe, act_bits=1)[1] == {"model": {"weight_bits": 1, "act_bits": 1}}
    assert made(expand, recipe) == ({}, {})


def test_factors_inside_bottlenecks(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe(*INVERTED, "sizes = [6]", "sizes = [6]\nexpand = [1, 2]")
    choices = {"expand_0_0": (1, 2), "expand_1_0": (1, 2, 3), "expand_1_1": (1,)}
    fields = {"model": {"expand": (1, 3)}}
    assert made(expand, recipe, expand_0_0=1, depth_1=1) == (choices, fields)
    with pytest.raises(RecipeError, match=r"model\.expand: is missing: the factors of the largest network"):
        expand.choices(supernet_recipe("sizes = [6]", "sizes = [6]\nexpand = [1]"))


def test_hidden_layers_of_dense_networks(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe(*DENSE)
    assert made(depth, recipe)[0] == {"depth": (1, 2)}
    assert made(depth, recipe)[1] == {}
    assert made(width, recipe, depth=1)[1] == {"model": {"widths": (8,), "dense": ()}}


def test_shares_become_whole_multiples(supernet_recipe: MakeSupernet) -> None:
    recipe = supernet_recipe("widths = [0.5]", "widths = [0.01, 0.4, 0.99]\nmultiple = 2")
    assert width.choices(recipe) == {"width_0": (2, 4, 8), "width_1": (2, 4, 12)}


def test_nothing_is_more_than_the_recipe_s_own() -> None:
    assert up_to(5, (3, 1, 3), "kernels") == (1, 3, 5)
    with pytest.raises(RecipeError, match=r"supernet\.kernels: found 7: at most the recipe's own, 5"):
        up_to(5, (7,), "kernels")
