"""A model file as the teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.narrow import present
from support.recipes import WriteRecipe

from bnngen.base.errors import RecipeError
from bnngen.train.datasets.dataset import Subset
from bnngen.train.distill.model_file import ModelFile
from bnngen.train.distill.teacher import load_teacher
from bnngen.train.recipe import load_recipe
from bnngen.train.run import load_prepared, train

pytestmark = pytest.mark.train

DISTILL = "\n[distill]\nteacher = '{}'\n"


@pytest.fixture
def run(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    train(write_recipe("epochs = 2", "epochs = 6"), tmp_path / "run")
    return tmp_path / "run"


def test_it_says_what_the_golden_model_says(write_recipe: WriteRecipe, run: Path) -> None:
    recipe = load_recipe(write_recipe("batch = 100", "batch = 100" + DISTILL.format(run / "model.onnx")))
    prepared = load_prepared(recipe)
    teacher = load_teacher(present(recipe.distill), recipe, prepared, torch.device("cpu"))
    logits, hidden = teacher(torch.zeros(3, *prepared.shape), torch.arange(3))
    model = ModelFile(run / "model.onnx", prepared.stored.train)
    direct = model(torch.from_numpy(prepared.data.train.x[:3]))
    assert torch.equal(logits, direct)
    assert torch.equal(hidden, logits)


def test_its_scores_are_made_sharp_enough(write_recipe: WriteRecipe, run: Path) -> None:
    """Whole numbers of a hundred and more would leave nothing soft."""
    prepared = load_prepared(load_recipe(write_recipe()))
    model = ModelFile(run / "model.onnx", prepared.stored.train)
    assert 0 < model.sharpness < 1


@pytest.mark.parametrize("unit", [1, 1 / 255])
def test_bytes_as_they_are_or_from_0_to_1(write_recipe: WriteRecipe, tmp_path: Path, unit: float) -> None:
    """What the network of the file has learned from, it is asked about."""
    stored = load_prepared(load_recipe(write_recipe())).stored.train
    assert stored.x.max() == 16
    x, y = stored.x * 15 * unit, stored.y
    np.savez(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    named = 'name = "npz"\npath = "{}"'.format(tmp_path / "d.npz")
    path = write_recipe('name = "digits"', named, "[16]", "[64]", "epochs = 2", "epochs = 20")
    train(path, tmp_path / "run")
    part = Subset((stored.x * 15).astype(np.uint8), stored.y)
    model = ModelFile(tmp_path / "run" / "model.onnx", part)
    right = (model(torch.from_numpy(model.layout(part.x))).argmax(1).numpy() == part.y).mean()
    assert right > 0.8


@pytest.mark.parametrize(("more", "message"), [("feature = 0.1", "take response alone")])
def test_only_answers_are_known(write_recipe: WriteRecipe, run: Path, more: str, message: str) -> None:
    text = DISTILL.format(run / "model.onnx") + more
    recipe = load_recipe(write_recipe("batch = 100", "batch = 100" + text))
    with pytest.raises(RecipeError, match=message):
        load_teacher(present(recipe.distill), recipe, load_prepared(recipe), torch.device("cpu"))


def test_another_input(run: Path) -> None:
    part = Subset(np.zeros((4, 5, 5), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(RecipeError, match=r"takes inputs of shape \(64,\), not \(25,\)"):
        ModelFile(run / "model.onnx", part)


def test_a_file_of_smaller_samples(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """It says how they are made of stored ones, and takes these as they are."""
    train(write_recipe('"binarize"', '"range"\nsize = [4, 8]', "epochs = 2", "epochs = 6"), tmp_path / "run")
    prepared = load_prepared(load_recipe(write_recipe()))
    part = prepared.stored.train
    model = ModelFile(tmp_path / "run" / "model.onnx", part)
    x = model.layout(part.x)
    assert x.shape[1:] == model.shape == (32,)
    right = (model(torch.from_numpy(x)).argmax(1).numpy() == part.y).mean()
    assert right > 0.3  # six epochs are few
    with pytest.raises(RecipeError, match=r"takes samples of shape \(8, 8, 1\), not \(5, 5, 1\)"):
        ModelFile(
            tmp_path / "run" / "model.onnx", Subset(np.zeros((4, 5, 5), np.uint8), np.zeros(4, np.int64))
        )
