"""A whole supernet, and what is taken out of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import bnngen
from bnngen.base.errors import FitError, UsageError
from bnngen.reference.data_file import quantize
from bnngen.supernet.run import load_supernet, read_judged, train_supernet
from bnngen.supernet.specialize import SpecializeEffort, specialize
from bnngen.train.hardware import BoardTarget
from bnngen.train.run import train

pytestmark = pytest.mark.train

TARGET = BoardTarget("icebreaker", 2000)
EFFORT = SpecializeEffort(trials=6, finalists=2)


@pytest.fixture
def folder(supernet_path: Callable[..., Path], tmp_path: Path) -> Path:
    train_supernet(supernet_path(), tmp_path / "super")
    return tmp_path / "super"


def test_the_folder(folder: Path, supernet_path: Callable[..., Path]) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    page = (folder / "supernet.html").read_text()
    assert "128 networks in one" in page
    assert page.count("<circle") == 8
    assert "From epoch 3: depth, width." in page
    assert len(read_judged(folder)) == 8
    report = train_supernet(supernet_path(), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert len(report.judged) == 8
    assert report.epochs == 4


def test_judging_goes_on(folder: Path, supernet_path: Callable[..., Path]) -> None:
    path, all_of_them = folder / "judged.json", read_judged(folder)
    path.write_text(json.dumps(json.loads(path.read_text())[:3]))
    assert read_judged(folder) == all_of_them[:3]
    train_supernet(supernet_path(), folder)
    assert read_judged(folder) == all_of_them
    path.write_text("[{}]")
    with pytest.raises(UsageError, match=r"judged\.json' is damaged"):
        train_supernet(supernet_path(), folder)


def test_the_best_network_for_a_board(folder: Path, tmp_path: Path) -> None:
    report = specialize(folder, TARGET, EFFORT, tmp_path / "a")
    design = bnngen.compile(bnngen.load(tmp_path / "a" / "model.onnx"), "icebreaker", 2000)
    winner = report.winner
    assert (winner.bram, winner.lut) == (design.resources.bram, design.resources.lut)
    assert json.loads((tmp_path / "a" / "candidates.json").read_text()) == report.to_dict()
    assert report.untuned_accuracy == report.test.validation_accuracy
    assert {c.dimension for c in report.contributions} <= {"size", "kernel", "depth", "width", "bits"}
    judged = [c for c in report.candidates if c.validation_accuracy is not None]
    assert winner.validation_accuracy == max(c.accuracy for c in judged)
    again = specialize(folder, TARGET, EFFORT, tmp_path / "b").to_dict()
    assert again == report.to_dict()
    page = (tmp_path / "a" / "specialize.html").read_text()
    assert page.count('class="winner"') <= 1
    assert "What each dimension contributes" in page


def test_the_file_is_the_sub_network(folder: Path, tmp_path: Path) -> None:
    """What the golden model says of it is what the shared weights say, on the resized test samples."""
    report = specialize(folder, TARGET, EFFORT, tmp_path / "a")
    supernet, genes = load_supernet(folder), report.winner.genes
    recipe = supernet.space.sub(genes)
    weights = supernet.material.weights(supernet.shared, genes)
    network = supernet.material.extract(weights, genes, recipe.train.norm_batches)
    test = supernet.material.at(genes).prepared.data.test
    with torch.no_grad():
        scores = network(torch.from_numpy(test.x).float()).numpy()
    integer = bnngen.load(tmp_path / "a" / "model.onnx")
    found = integer.host.real_outputs(bnngen.golden(integer, test.x))
    np.testing.assert_allclose(found, scores, atol=1e-4)
    with np.load(tmp_path / "a" / "test.npz") as data:
        assert np.array_equal(data["x"], test.x)
    assert quantize(test.x[:1], integer).shape[1:] == integer.input_shape


def test_training_it_further(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    report = specialize(folder, TARGET, SpecializeEffort(trials=4, finalists=1, epochs=2), out)
    assert report.test.epochs == 2
    assert (out / "untuned" / "checkpoint.pt").is_file()
    # the recipe that is left there makes the same file again
    train(out / "recipe.toml", tmp_path / "again")
    assert (tmp_path / "again" / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()


def test_a_folder_with_another_network(
    folder: Path, write_recipe: Callable[..., Path], tmp_path: Path
) -> None:
    train(write_recipe(), tmp_path / "out")
    before = (tmp_path / "out" / "checkpoint.pt").read_bytes()
    with pytest.raises(UsageError, match="holds a run of another recipe"):
        specialize(folder, TARGET, EFFORT, tmp_path / "out")
    assert (tmp_path / "out" / "checkpoint.pt").read_bytes() == before


def test_nothing_fits(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FitError, match="none of 2 networks fits icebreaker at this rate"):
        specialize(folder, BoardTarget("icebreaker", 1e8), SpecializeEffort(trials=2), tmp_path / "out")


def test_no_supernet(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no finished supernet: make one by bnngen supernet"):
        specialize(tmp_path, TARGET, EFFORT, tmp_path / "out")


@pytest.mark.parametrize("rows", ["{}", "[]", '[{"genes": {"size": 99}, "accuracy": 0.5}]'])
def test_networks_that_were_not_judged(folder: Path, rows: str) -> None:
    (folder / "judged.json").write_text(rows)
    with pytest.raises(UsageError, match=r"judged\.json' holds 0 of the 8 networks that its recipe judges"):
        load_supernet(folder)


def test_workers_share_a_search(folder: Path, tmp_path: Path) -> None:
    storage = str(tmp_path / "study.log")
    first = specialize(folder, TARGET, EFFORT, tmp_path / "a", storage=storage)
    alone = specialize(folder, TARGET, EFFORT, tmp_path / "b")
    second = specialize(folder, TARGET, EFFORT, tmp_path / "c", storage=storage)
    assert first.to_dict() == alone.to_dict() == second.to_dict()
    with pytest.raises(UsageError, match="answers another question: fps is '2000' there and '3000' here"):
        specialize(folder, BoardTarget("icebreaker", 3000), EFFORT, tmp_path / "d", storage=storage)
