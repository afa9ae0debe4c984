"""Whole searches, on a few hundred digits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from support.networks import layer_weights

import bnngen
from bnngen.base.errors import BnngenError, FitError, UsageError
from bnngen.compress.candidate import Candidate
from bnngen.compress.search import Effort, compress, promising
from bnngen.train.hardware import BoardTarget
from bnngen.train.recipe import DistillTable, load_recipe
from bnngen.train.run import train

pytestmark = pytest.mark.train

EFFORT = Effort(trials=2, epochs=1, finalists=1, act_bits=(1, 2))


def test_the_winner_fits_and_can_be_made_again(recipe_path: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "out", BoardTarget("icebreaker", 100_000)
    report = compress(load_recipe(recipe_path), target, EFFORT, out)
    winner = report.winner
    assert winner.widths < [256, 128]
    design = bnngen.compile(bnngen.load(out / "model.onnx"), "icebreaker", 100_000)
    assert design.resources.bram == winner.bram <= 30
    assert (out / "compress.html").is_file()
    assert json.loads((out / "candidates.json").read_text()) == report.to_dict()

    train(out / "recipe.toml", tmp_path / "again")
    assert (tmp_path / "again" / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()


def test_a_start_of_the_larger_network_is_none_of_the_students(
    recipe_path: Path, larger_run: Path, tmp_path: Path
) -> None:
    recipe_path.write_text(f'{recipe_path.read_text()}start = "{larger_run}"\n')
    effort = replace(EFFORT, trials=1)
    compress(load_recipe(recipe_path), BoardTarget("icebreaker", 100_000), effort, tmp_path / "out")
    assert load_recipe(tmp_path / "out" / "recipe.toml").train.start is None


def test_students_never_see_the_test_part_and_a_search_goes_on(recipe_path: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "out", BoardTarget("icebreaker", 100_000)
    first = compress(load_recipe(recipe_path), target, EFFORT, out)
    reports = {
        log.parent.name: json.loads(log.read_text().splitlines()[-1])["report"]
        for log in (out / "students").glob("*/log.jsonl")
    }
    tested = [name for name, report in reports.items() if "test_accuracy" in report]
    assert tested == [f"{first.winner.number}_3_epochs"]
    checkpoints = {path: path.stat().st_mtime_ns for path in out.glob("students/*/checkpoint.pt")}
    assert compress(load_recipe(recipe_path), target, EFFORT, out).candidates == first.candidates
    assert {path: path.stat().st_mtime_ns for path in checkpoints} == checkpoints


def test_pruned_students_have_the_sizes_that_the_scheduler_saw(
    recipe_path: Path, larger_run: Path, tmp_path: Path
) -> None:
    out, effort = tmp_path / "out", replace(EFFORT, trials=4, finalists=2)
    recipe = load_recipe(recipe_path)
    recipe = recipe.model_copy(
        update={
            "distill": DistillTable(teacher=larger_run),
            # one whose first three students are of three kinds
            "train": recipe.train.model_copy(update={"seed": 4}),
        }
    )
    candidates = compress(
        recipe, BoardTarget("icebreaker", 100_000), effort, out, larger=larger_run
    ).candidates
    kinds = {(c.start, c.act_bits) for c in candidates}
    assert kinds == {("scratch", 1), ("pruned", 1), ("scratch", 2)}
    assert {c.start for c in candidates if c.final} == {"scratch", "pruned"}
    for c in candidates:
        folder = out / "students" / f"{c.number}_{c.epochs}_epochs"
        layers = bnngen.load(folder / "model.onnx").layers
        assert [len(layer_weights(layer)) for layer in layers] == [*c.widths, 10]
        assert sum(layer.op.weight_bits for layer in layers) == c.weight_memory_bits
        learns = load_recipe(folder / "student.toml")
        assert (learns.prune is not None) == (c.start == "pruned")
        assert learns.distill == recipe.distill


def test_a_pruned_winner_can_be_made_again(recipe_path: Path, larger_run: Path, tmp_path: Path) -> None:
    out, effort = tmp_path / "out", Effort(trials=2, epochs=1, finalists=1, starts="pruned")
    report = compress(
        load_recipe(recipe_path), BoardTarget("icebreaker", 100_000), effort, out, larger=larger_run
    )
    assert {c.start for c in [*report.candidates, report.winner]} == {"pruned"}
    train(out / "recipe.toml", tmp_path / "again")
    assert (tmp_path / "again" / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()


def test_what_can_not_be_pruned_is_told_before_the_search(recipe_path: Path, tmp_path: Path) -> None:
    out, effort = tmp_path / "out", replace(EFFORT, starts="pruned")
    with pytest.raises(UsageError, match=r"students can't start as '.*recipe\.toml' pruned"):
        compress(load_recipe(recipe_path), BoardTarget("icebreaker"), effort, out, larger=recipe_path)
    assert not out.exists()


def test_the_best_of_each_start_are_the_most_promising(recipe_path: Path) -> None:
    recipe = load_recipe(recipe_path)
    starts: list[tuple[Literal["scratch", "pruned"], float]] = [
        ("pruned", 0.7),
        ("pruned", 0.9),
        ("scratch", 0.5),
        ("pruned", 0.9),
        ("scratch", 0.6),
    ]
    nothing: Any = None
    tried = [
        Candidate(number, start, recipe.model, recipe, nothing, validation)
        for number, (start, validation) in enumerate(starts, 1)
    ]
    assert [c.number for c in promising(tried)] == [2, 5, 4, 1, 3]
    assert [c.number for c in promising(tried[:2])] == [2, 1]


def test_nothing_fits(recipe_path: Path, tmp_path: Path) -> None:
    with pytest.raises(FitError, match=r"no network of architecture 'mlp' fits icebreaker at this rate"):
        compress(load_recipe(recipe_path), BoardTarget("icebreaker", 1e9), EFFORT, tmp_path / "out")


def test_a_damaged_teacher_is_told_before_the_search(recipe_path: Path, tmp_path: Path) -> None:
    teacher, out = tmp_path / "teacher.onnx", tmp_path / "out"
    teacher.write_bytes(b"not a model")
    recipe = load_recipe(recipe_path).model_copy(
        update={"distill": DistillTable(teacher=teacher, response=0.5)}
    )
    with pytest.raises(BnngenError, match=r"teacher\.onnx"):
        compress(recipe, BoardTarget("icebreaker", 100_000), EFFORT, out)
    assert not out.exists()
