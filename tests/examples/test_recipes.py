"""The example recipes: their data are there, and their networks can be exported and imported."""

from __future__ import annotations

from pathlib import Path

import pytest

import bnngen
from bnngen.train.recipe import load_recipe

RECIPES = sorted((Path(__file__).parents[2] / "examples" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_a_teacher_is_named_by_its_recipe(path: Path) -> None:
    """The comment at the top says how the teacher is made, if there is one."""
    recipe, text = load_recipe(path), path.read_text(encoding="utf-8")
    if recipe.distill is not None:
        made_by = f"examples/recipes/{recipe.distill.teacher.name}.toml"
        assert f"bnngen train {made_by} --out {recipe.distill.teacher}" in text
        assert (path.parents[2] / made_by).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_the_network_of_a_recipe(shared: Path, tmp_path: Path, path: Path) -> None:
    pytest.importorskip("brevitas", reason="needs torch and brevitas: pip install bnngen[train]")
    pytest.importorskip("PIL", reason="needs Pillow: pip install bnngen[train]")
    from bnngen.errors import MissingPackageError
    from bnngen.train.export import export_model
    from bnngen.train.network import build_network, is_float
    from bnngen.train.run import load_prepared

    (tmp_path / "recipe.toml").write_text(path.read_text().replace("../shared", str(shared)))
    recipe = load_recipe(tmp_path / "recipe.toml")
    try:
        prepared = load_prepared(recipe)
    except MissingPackageError as error:
        pytest.skip(str(error))
    network = build_network(recipe, prepared)
    if is_float(recipe):
        return
    export_model(network.body, tmp_path / "m.onnx", prepared.shape)
    y = bnngen.golden(bnngen.load(tmp_path / "m.onnx"), prepared.data.test.x[:2])
    assert y.shape == (2, prepared.data.classes)
