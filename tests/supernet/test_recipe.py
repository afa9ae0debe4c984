"""The recipe of a supernet: every mistake with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.supernets import PHASES

from bnngen.base.errors import RecipeError
from bnngen.supernet.recipe import DIMENSIONS, load_supernet_recipe


def test_what_is_not_said(supernet_path: Callable[..., Path]) -> None:
    recipe = load_supernet_recipe(supernet_path())
    assert not recipe.supernet.is_naive
    assert recipe.largest.model == recipe.model
    assert not hasattr(recipe.largest, "supernet")
    assert recipe.key != recipe.largest.key


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("widths = [0.5]", "widths = [1.5]"), r"supernet\.toml:16: supernet\.widths\.0: found 1\.5"),
        (
            ('open = ["bits", "kernel"]', 'open = ["bit"]'),
            r"open\.0: found 'bit'; accepted: 'size', 'kernel'",
        ),
        (
            ('"depth", "width"', '"depth", "width", "bits"'),
            "each dimension in one of the phases; bits is in two",
        ),
        (
            ("judged = 8", "judged = 4"),
            r"supernet\.judged: found 4; accepted: at least 8|greater than or equal",
        ),
        (("[train]", "[prune]\nunit = 'neurons'\namount = 0.5\n[train]"), r"\[prune\] is for bnngen train"),
        (("epochs = 1\nbatch", "warm_start = [4]\nepochs = 1\nbatch"), "warm_start is for bnngen train"),
        (("epochs = 1\nbatch", "start = 'run'\nepochs = 1\nbatch"), r"train\.start is for bnngen train"),
    ],
)
def test_mistakes(supernet_path: Callable[..., Path], changes: tuple[str, str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_supernet_recipe(supernet_path(*changes))


def test_without_phases_all_learn_at_once(supernet_path: Callable[..., Path]) -> None:
    assert load_supernet_recipe(supernet_path(PHASES, "")).supernet.is_naive
    with pytest.raises(RecipeError, match="with phases, which the method progressive goes through"):
        load_supernet_recipe(supernet_path(PHASES, 'method = "progressive"\n'))


def test_a_recipe_of_one_network(write_recipe: Callable[..., Path]) -> None:
    with pytest.raises(RecipeError, match="supernet"):
        load_supernet_recipe(write_recipe())


def test_every_dimension_has_its_file() -> None:
    assert all(hasattr(module, "choices") and hasattr(module, "fields") for module in DIMENSIONS.values())
