"""Recipes: what they say, and that a mistake in one points at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.recipes import WriteRecipe

from bnngen.base.errors import RecipeError
from bnngen.train.recipe import load_recipe, locating


def test_what_a_recipe_says(write_recipe: WriteRecipe) -> None:
    recipe = load_recipe(write_recipe("[train]", "[model.layers.dense_0]\nweight_bits = 8\n[train]"))
    assert recipe.model.widths == (16,)
    assert recipe.model.layers["dense_0"].weight_bits == 8


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs = 2", "epochs = 0", "10: train.epochs: found 0; accepted: greater than 0"),
        ("epochs = 2", 'epochs = "2"', "10: train.epochs: found '2'; accepted: a valid integer"),
        (
            "epochs = 2",
            "epochs = 1000001",
            "10: train.epochs: found 1000001; accepted: less than or equal to",
        ),
        ("epochs = 2", f"epochs = {10**30}", "10: train.epochs: found a whole number of more than 64 bits"),
        (
            "epochs = 2",
            "epochs = 2020-01-01",
            "10: train.epochs: found ['2020-01-01']; accepted: a valid integer",
        ),
        (
            "epochs = 2",
            "epochs = 2\nseed = -1",
            "11: train.seed: found -1; accepted: greater than or equal to 0",
        ),
        (
            "epochs = 2",
            "epochs = 2\nseed = 4294967296",
            "11: train.seed: found 4294967296; accepted: less than",
        ),
        *(
            (
                "epochs = 2",
                f"epochs = 2\nlearning_rate = {rate}",
                f"11: train.learning_rate: found {found}; accepted: ",
            )
            for rate, found in (
                ("nan", "nan"),
                ("inf", "inf"),
                ("1e400", "inf"),
                ("1e300", "1e+300"),
                ("0.0", "0.0"),
                ("-1", "-1"),
            )
        ),
        (
            "widths = [16]",
            "widths = [65537]",
            "7: model.widths.0: found 65537; accepted: less than or equal to",
        ),
        ("widths = [16]", f"widths = {[1] * 65}", "7: model.widths: found [1, 1, "),
        (
            'name = "digits"',
            'name = "npz"\npath = "a\\u0000b"',
            "3: data.path: found 'a\\x00b'; accepted: text without",
        ),
        (
            'name = "digits"',
            "name = 1979-05-27",
            "2: data.name: found ['1979-05-27']; accepted: a valid string",
        ),
        ('"binarize"', '"binarize"\nsize = 0', "4: data.size.0: found 0; accepted: greater than 0"),
        ('"binarize"', '"binarize"\nsize = [1, 2, 3]', "4: data.size: found "),
        ('"binarize"', '"binarize"\nsize = "4"', "4: data.size.0: found '4'; accepted: a valid integer"),
        ("epochs = 2", "epoch = 2", "10: train.epoch: unknown field; did you mean epochs"),
        ("epochs = 2\n", "", "9: train.epochs: missing"),
        ("[train]", "[trian]", "9: trian: unknown field; did you mean train?"),
        ('"binarize"', '"binarise"', "3: data.input: found 'binarise'; accepted: 'binarize', 'range'"),
        (
            "widths = [16]",
            "widths = [\n  16,\n  0,\n]",
            "7: model.widths.1: found 0; accepted: greater than 0",
        ),
        (
            "widths = [16]",
            "weight_bits = 9",
            "7: model.weight_bits: found 9; accepted: 1 to 8, or 32 for float",
        ),
        (
            "[train]",
            "[model.layers.dense_0]\nweight_bit = 2\n[train]",
            "10: model.layers.dense_0.weight_bit: unknown field; did you mean weight_bits?",
        ),
        (
            "epochs = 2",
            'epochs = 2\nstart = "x"\nwarm_start = [2]',
            "9: train: accepted: without warm_start where start names the weights to begin with",
        ),
        (
            "batch = 100",
            'batch = 100\nstart = "x"\n[prune]\nunit = "weights"\namount = 0.5\nnetwork = "y"',
            "1: the file: accepted: either train.start or prune.network, not both",
        ),
        (
            "batch = 100",
            'batch = 100\n[distill]\nteacher = "t"\nresponse = 0.0',
            "12: distill: accepted: one of",
        ),
    ],
)
def test_a_mistake_points_at_its_line(write_recipe: WriteRecipe, old: str, new: str, message: str) -> None:
    path = write_recipe(old, new)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert any(line.startswith(f"{path}:{message}") for line in str(caught.value).splitlines())


def test_the_key_is_that_of_the_contents(write_recipe: WriteRecipe) -> None:
    first = load_recipe(write_recipe())
    same = load_recipe(write_recipe("[model]", "# a comment\n\n[model]"))
    other = load_recipe(write_recipe("batch = 100", "batch = 101"))
    assert first.key == same.key != other.key


def test_the_key_of_a_recipe_of_an_earlier_version(write_recipe: WriteRecipe) -> None:
    """Its run goes on."""
    key = "c00468ff23750fdf0868506e300689aafa960ab20ace95aa55cb745632a0e0f2"
    assert load_recipe(write_recipe()).key == key


def test_a_size_counts(write_recipe: WriteRecipe) -> None:
    one, list_of_one, two = (
        load_recipe(write_recipe('"binarize"', f'"binarize"\nsize = {size}'))
        for size in ("5", "[5]", "[5, 4]")
    )
    assert (one.data.size, list_of_one.data.size, two.data.size) == ((5,), (5,), (5, 4))
    assert len({one.key, two.key, load_recipe(write_recipe()).key}) == 3


def test_a_start_counts(write_recipe: WriteRecipe) -> None:
    start = load_recipe(write_recipe("batch = 100", 'batch = 100\nstart = "x"'))
    assert start.key != load_recipe(write_recipe()).key
    assert start.inputs == [Path("x")]


def test_a_later_check_points_at_the_line_too(write_recipe: WriteRecipe) -> None:
    path: Path = write_recipe()
    with pytest.raises(RecipeError, match=rf"^{path}:7: model\.widths: too wide$"), locating(path):
        raise RecipeError("too wide", "model.widths")
    with pytest.raises(RecipeError, match=r"^no field$"), locating(path):
        raise RecipeError("no field")


def test_the_recipe_of_a_supernet(write_recipe: WriteRecipe) -> None:
    path = write_recipe("[train]", "[supernet]\n[train]")
    with pytest.raises(RecipeError, match=r"recipe.toml:9: supernet: makes it the recipe of a supernet, for"):
        load_recipe(path)
