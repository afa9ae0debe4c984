"""The example recipes: their data are there, and their networks can be exported and imported."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import bnngen
from bnngen.train.recipe import Recipe, load_recipe

FOLDER = Path(__file__).parents[2] / "examples" / "recipes"
SUPERNETS = sorted(FOLDER.glob("supernet_*.toml"))
RECIPES = sorted({*FOLDER.glob("*.toml")} - {*SUPERNETS})


@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_a_teacher_is_named_by_its_recipe(path: Path) -> None:
    """The comment at the top says how the teacher is made, if there is one."""
    recipe, text = load_recipe(path), path.read_text(encoding="utf-8")
    if recipe.distill is not None:
        made_by = f"examples/recipes/{recipe.distill.teacher.name}.toml"
        assert f"bnngen train {made_by} --out {recipe.distill.teacher}" in text
        assert (path.parents[2] / made_by).is_file()


@pytest.fixture
def clothes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise in the shape of Fashion-MNIST, where its recipes look for it: only Debian has the real one."""
    random, folder = np.random.default_rng(0), tmp_path / "fashion-mnist"
    folder.mkdir()
    for part, count in (("train", 6000), ("t10k", 100)):
        for name, shape, top in (("images-idx3", (count, 28, 28), 256), ("labels-idx1", (count,), 10)):
            head = struct.pack(f">2xBB{len(shape)}I", 8, len(shape), *shape)
            body = random.integers(0, top, shape, np.uint8).tobytes()
            (folder / f"{part}-{name}-ubyte").write_bytes(head + body)
    monkeypatch.setattr("bnngen.train.datasets.fashion_mnist.DEBIAN", folder)


@pytest.fixture
def at_hand(shared: Path, clothes: None, tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a recipe that finds its data."""

    def copy(path: Path) -> Path:
        found = tmp_path / "recipe.toml"
        found.write_text(path.read_text().replace("../shared", str(shared)))
        return found

    return copy


def check(recipe: Recipe, folder: Path) -> None:
    """The recipe's network, untrained, comes through its file."""
    from bnngen.train.export import export_model
    from bnngen.train.run import load_prepared
    from bnngen.train.trainee import build_network

    prepared = load_prepared(recipe)
    network = build_network(recipe, prepared)
    if recipe.is_float:
        return
    export_model(network.body, folder / "m.onnx", prepared.shape)
    y = bnngen.golden(bnngen.load(folder / "m.onnx"), prepared.data.test.x[:2])
    assert y.shape == (2, prepared.data.classes)


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.parametrize("path", RECIPES, ids=[path.stem for path in RECIPES])
def test_the_network_of_a_recipe(at_hand: Callable[[Path], Path], tmp_path: Path, path: Path) -> None:
    check(load_recipe(at_hand(path)), tmp_path)


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.parametrize("path", SUPERNETS, ids=[path.stem for path in SUPERNETS])
def test_the_networks_of_a_supernet(at_hand: Callable[[Path], Path], tmp_path: Path, path: Path) -> None:
    from bnngen.supernet.recipe import load_supernet_recipe
    from bnngen.supernet.space import checked_space

    space = checked_space(load_supernet_recipe(at_hand(path)))
    for genes in (space.largest, space.smallest):
        check(space.sub(genes), tmp_path)
