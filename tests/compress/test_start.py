"""What students begin as, and when it can't be the larger network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from support.networks import layer_weights

import bnngen
from bnngen.base.errors import UsageError
from bnngen.compress.start import Larger, find_larger
from bnngen.train.prune.table import PruneTable
from bnngen.train.recipe import Recipe, load_recipe
from bnngen.train.run import load_prepared, train

pytestmark = pytest.mark.train


def changed(recipe: Recipe, table: str, **fields: Any) -> Recipe:
    return recipe.model_copy(update={table: getattr(recipe, table).model_copy(update=fields)})


def test_a_pruned_student_begins_with_neurons_of_the_larger_network(
    recipe_path: Path, larger_run: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(recipe_path)
    student = changed(changed(recipe, "model", widths=(64, 32)), "train", learning_rate=1e-9)
    learns = Larger(larger_run, recipe).pruned_to(student, load_prepared(recipe))
    path = tmp_path / "student.toml"
    path.write_text(tomli_w.dumps(learns.model_dump(mode="json", exclude_none=True)))
    out = train(path, tmp_path / "student").out
    small, large = (bnngen.load(folder / "model.onnx").layers for folder in (out, larger_run))
    assert [layer_weights(layer).shape for layer in small] == [(64, 64), (32, 64), (10, 32)]
    neurons = {row.tobytes() for row in layer_weights(large[0])}
    assert all(row.tobytes() in neurons for row in layer_weights(small[0]))


def test_convolutions_share_a_width(recipe_path: Path, tmp_path: Path) -> None:
    sizes: dict[str, Any] = {"architecture": "cnv", "padding": 1, "widths": (6, 8), "dense": (12,)}
    recipe = changed(load_recipe(recipe_path), "model", **sizes)
    student = changed(recipe, "model", widths=(4, 5), dense=(8,))
    learns = Larger(tmp_path, recipe).pruned_to(student, load_prepared(recipe))
    assert learns.model == recipe.model
    assert learns.prune == PruneTable(
        unit="neurons", widths=(4, 4, 5, 5, 8), score="taylor", network=tmp_path
    )


OTHERWISE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "data": ({"input": "thermometer"}, {}, r"made with another \[data\]"),
    "bits": ({}, {"weight_bits": 2}, "its weight_bits is 2, that of the students 1"),
    "kind": ({}, {"architecture": "tfc"}, "its architecture is tfc, that of the students mlp"),
    "size": ({}, {"widths": (256, 64)}, r"its layers have \[256, 64\] .* the students' up to \[256, 128\]"),
    "depth": ({}, {"widths": (256,)}, r"its layers have \[256\] .* the students' up to \[256, 128\]"),
    "activations": ({}, {"act_bits": 2}, "its activations have 2 bits, some students' 1"),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_run_that_is_too_different(
    recipe_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    recipe, (data, model, message) = load_recipe(recipe_path), OTHERWISE[what]
    made = changed(changed(recipe, "data", **data), "model", **model)
    monkeypatch.setattr("bnngen.compress.start.finished_run", lambda folder: (made, None))
    prepared = load_prepared(recipe)
    with pytest.raises(UsageError, match=message):
        find_larger(tmp_path, "pruned", recipe, (1,), prepared)
    # with both, students of the bits that it has may still begin as it
    found = find_larger(tmp_path, "both", recipe, (1,), prepared)
    assert found == (Larger(tmp_path, made) if what == "activations" else None)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"model": {"architecture": "residual", "widths": [4, 4]}}, "its layers are not a chain, but have branches"),
        ({"prune": {"unit": "neurons", "amount": 0.5}}, r"a recipe has a \[prune\] of its own"),
        ({"distill": {"teacher": "t", "feature": 0.1}}, "distill.feature does not go together with pruned neurons"),
    ],
)  # fmt: skip
def test_recipes_that_can_not_be_pruned(
    recipe_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: dict[str, Any], message: str
) -> None:
    recipe = Recipe.model_validate(load_recipe(recipe_path).model_dump() | tables)
    monkeypatch.setattr("bnngen.compress.start.finished_run", lambda folder: (recipe, None))
    prepared = load_prepared(recipe)
    with pytest.raises(UsageError, match=message):
        find_larger(tmp_path, "pruned", recipe, (1,), prepared)
    assert find_larger(tmp_path, "both", recipe, (1,), prepared) is None


def test_no_run_at_all(recipe_path: Path, tmp_path: Path) -> None:
    recipe = load_recipe(recipe_path)
    prepared = load_prepared(recipe)
    for path in (None, recipe_path, tmp_path):
        with pytest.raises(UsageError, match="is not the folder of a finished run of bnngen train"):
            find_larger(path, "pruned", recipe, (1,), prepared)
        assert find_larger(path, "both", recipe, (1,), prepared) is None


def test_from_scratch_nothing_is_looked_at(recipe_path: Path, larger_run: Path) -> None:
    recipe = load_recipe(recipe_path)
    prepared = load_prepared(recipe)
    assert find_larger(larger_run, "scratch", recipe, (1,), prepared) is None
    assert find_larger(larger_run, "both", recipe, (1,), prepared) == Larger(larger_run, recipe)
