"""What the scheduler says of an untrained network holds for the trained one."""

from pathlib import Path

import pytest
from support.recipes import WriteRecipe

import bnngen

pytestmark = pytest.mark.train


@pytest.mark.parametrize("act_bits", [1, 2])
def test_an_untrained_network_costs_what_the_trained_one_does(
    write_recipe: WriteRecipe, tmp_path: Path, act_bits: int
) -> None:
    """Its thresholds differ from row to row, as those of trained ones do."""
    from bnngen.train.hardware import BoardTarget, fitted
    from bnngen.train.recipe import load_recipe
    from bnngen.train.run import load_prepared, train

    recipe_path = write_recipe("[16]", f"[256, 128]\nact_bits = {act_bits}")
    recipe = load_recipe(recipe_path)
    design = fitted(recipe, load_prepared(recipe), BoardTarget("icebreaker", 5000))
    assert design is not None
    train(recipe_path, tmp_path / "run")
    trained = bnngen.compile(bnngen.load(tmp_path / "run" / "model.onnx"), "icebreaker", fps=5000)
    assert design.resources.lut == pytest.approx(trained.resources.lut, rel=0.05)


def test_a_recipe_always_costs_the_same(write_recipe: WriteRecipe) -> None:
    """Whatever was drawn before; and what is drawn afterwards is not changed."""
    import torch

    from bnngen.train.hardware import BoardTarget, fitted
    from bnngen.train.recipe import load_recipe
    from bnngen.train.run import load_prepared

    recipe = load_recipe(write_recipe("[16]", "[256, 128]"))
    prepared = load_prepared(recipe)
    torch.manual_seed(0)
    free = torch.rand(2)
    torch.manual_seed(0)
    designs = []
    for drawn in free:
        designs.append(fitted(recipe, prepared, BoardTarget("icebreaker", 5000)))
        assert torch.rand(1) == drawn
    first, second = designs
    assert first is not None
    assert second is not None
    assert first.resources == second.resources


def test_what_is_too_large_is_none(write_recipe: WriteRecipe) -> None:
    from bnngen.train.hardware import BoardTarget, fitted
    from bnngen.train.recipe import load_recipe
    from bnngen.train.run import load_prepared

    recipe = load_recipe(write_recipe("[16]", "[256, 128]"))
    assert fitted(recipe, load_prepared(recipe), BoardTarget("icebreaker", 10_000_000)) is None
