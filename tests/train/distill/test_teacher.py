"""Runs with a teacher: from its folder, with and without augmentation, and stopped in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.narrow import present
from support.recipes import WriteRecipe

from bnngen.base.errors import RecipeError
from bnngen.train.distill.teacher import answer, load_teacher
from bnngen.train.fit import TrainWatcher
from bnngen.train.recipe import load_recipe
from bnngen.train.run import load_prepared, train

pytestmark = pytest.mark.train

FLOAT = "widths = [24]\nweight_bits = 32\nact_bits = 32\ninput_bits = 32"
DISTILL = '\n[distill]\nteacher = "{}"\ntemperature = 2.0\nfeature = 0.1\nrelation = 0.1\n'


@pytest.fixture
def teacher(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    """The folder of a float network that looks at the grey images."""
    train(write_recipe("widths = [16]", FLOAT, '"binarize"', '"range"'), tmp_path / "teacher")
    return tmp_path / "teacher"


@pytest.fixture
def student(write_recipe: WriteRecipe, teacher: Path) -> WriteRecipe:
    def write(*changes: str) -> Path:
        return write_recipe("batch = 100", "batch = 100" + DISTILL.format(teacher), *changes)

    return write


class StopBehind(TrainWatcher):
    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("augmentation", ["", "augmentation = { shift = 1 }"])
def test_the_teacher_changes_the_student_and_a_stop_does_not(
    write_recipe: WriteRecipe, student: WriteRecipe, tmp_path: Path, augmentation: str
) -> None:
    alone = write_recipe("epochs = 2", f"epochs = 2\n{augmentation}", name="alone.toml")
    train(alone, tmp_path / "alone")
    taught = student("epochs = 2", f"epochs = 2\n{augmentation}")
    train(taught, tmp_path / "taught")
    with pytest.raises(KeyboardInterrupt):
        train(taught, tmp_path / "stopped", StopBehind())
    train(taught, tmp_path / "stopped")
    models = [(tmp_path / name / "model.onnx").read_bytes() for name in ("alone", "taught", "stopped")]
    assert models[0] != models[1] == models[2]


def test_the_teacher_answers_for_its_own_view_of_a_sample(student: WriteRecipe, teacher: Path) -> None:
    recipe = load_recipe(student('"binarize"', '"thermometer"'))
    prepared = load_prepared(recipe)
    cpu = torch.device("cpu")
    loaded = load_teacher(present(recipe.distill), recipe, prepared, cpu)
    chosen = torch.tensor([5, 0, 7])
    logits, hidden = loaded(torch.zeros(3, 512), chosen)
    gray = prepared.stored.train.x[chosen.numpy()].reshape(3, 64).astype(np.float32)
    wanted = answer(loaded.network, torch.from_numpy(gray))
    torch.testing.assert_close((logits, hidden), tuple(w.detach() for w in wanted))


def test_a_teacher_sees_more(student: WriteRecipe, teacher: Path, tmp_path: Path) -> None:
    """A network that sees 8 x 8 teaches one that sees 4 x 4."""
    small = ('"binarize"', '"binarize"\nsize = 4')
    recipe = load_recipe(student(*small))
    prepared = load_prepared(recipe)
    loaded = load_teacher(present(recipe.distill), recipe, prepared, torch.device("cpu"))
    logits, _ = loaded(torch.zeros(2, 16), torch.tensor([3, 1]))
    whole = prepared.stored.train.x[[3, 1]].reshape(2, 64).astype(np.float32)
    assert torch.allclose(logits, answer(loaded.network, torch.from_numpy(whole))[0])
    train(student(*small), tmp_path / "out")
    path = student(*small, "epochs = 2", "epochs = 2\naugmentation = { shift = 1 }")
    with pytest.raises(RecipeError, match=r":\d+: distill\.teacher: sees samples of another data\.size"):
        train(path, tmp_path / "augmented")


def test_what_can_not_teach(student: WriteRecipe, teacher: Path, tmp_path: Path) -> None:
    path = student('"binarize"', '"thermometer"', "epochs = 2", "epochs = 2\naugmentation = { shift = 1 }")
    with pytest.raises(RecipeError, match=r":\d+: distill\.teacher: takes no thermometer input"):
        train(path, tmp_path / "a")
    with pytest.raises(
        RecipeError, match=r":14: distill\.teacher: .* has learned from other data or other parts"
    ):
        train(student('"binarize"', '"binarize"\nvalidation = 0.3'), tmp_path / "b")
    (teacher / "checkpoint.pt").unlink()
    with pytest.raises(RecipeError, match=r"distill\.teacher: .* holds no finished run of bnngen train"):
        train(student(), tmp_path / "c")
