"""Whole runs: what is in the folder, and that a run gives the same bytes however often it was stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.narrow import of_type, present
from support.recipes import WriteRecipe

import bnngen
from bnngen.base.errors import RecipeError, UsageError
from bnngen.host.rows import rows_of
from bnngen.reference.data_file import load_data, quantize
from bnngen.reference.preprocessing import Preprocessing
from bnngen.reference.table_file import read_table
from bnngen.reports.results import TableRecord
from bnngen.train.datasets.csv import load
from bnngen.train.fit import TrainWatcher
from bnngen.train.recipe import load_recipe
from bnngen.train.run import load_prepared, train

pytestmark = pytest.mark.train


class Stop(TrainWatcher):
    """Raises KeyboardInterrupt, as Ctrl-C does: in the middle of the epoch ``inside``, or behind ``behind``."""

    def __init__(self, inside: int = 0, behind: int = 0) -> None:
        self.inside, self.behind = inside, behind

    def batch(self, epoch: int, done: int, total: int) -> None:
        if epoch == self.inside and done == total // 2:
            raise KeyboardInterrupt

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        if entry["epoch"] == self.behind:
            raise KeyboardInterrupt


LONG = (
    "epochs = 2",
    "epochs = 3\nwarm_start = [2]\nwarm_epochs = 2\ndropout = 0.1\naugmentation = { shift = 1 }",
)


def test_what_a_run_leaves(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe()
    result = train(path, tmp_path / "out")
    names = {p.name for p in (tmp_path / "out").iterdir()}
    files = {
        "model.onnx",
        "test.npz",
        "log.jsonl",
        "curve.svg",
        "report.html",
        "recipe.toml",
        "checkpoint.pt",
    }
    assert names == {".bnngen-files.json", *files}
    assert (tmp_path / "out" / "recipe.toml").read_text() == path.read_text()
    *epochs, last = map(json.loads, (tmp_path / "out" / "log.jsonl").read_text().splitlines())
    assert [entry["epoch"] for entry in epochs] == [1, 2]
    assert last == {"report": result.report.to_dict()}
    network = bnngen.load(tmp_path / "out" / "model.onnx")
    data = load_data(tmp_path / "out" / "test.npz", network)
    right = int((network.classes(network.run(data.codes)) == data.labels).sum())
    assert (right, len(data.codes)) == (result.report.test_correct, result.report.test_samples)
    assert right > 0.2 * len(data.codes)  # two epochs are few


def test_a_recipe_in_order_says_nothing(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    assert train(write_recipe("epochs = 2", "epochs = 6"), tmp_path / "out").report.warnings == []


def test_where_nothing_is_learned(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """A learning rate far too large: no NaN, no error, and no knowledge."""
    report = train(write_recipe("epochs = 2", "epochs = 2\nlearning_rate = 1e6"), tmp_path / "out").report
    (found,) = [text for text in report.warnings if text.startswith("nothing was learned")]
    assert "no more than by chance" in found


def test_a_loss_that_is_no_number(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """Weights in float, which nothing holds together."""
    bits = "weight_bits = 32\nact_bits = 32\ninput_bits = 32"
    rate = 'optimizer = "sgd"\nlearning_rate = 1e30'
    path = write_recipe(
        "widths = [16]",
        f"widths = [16]\n{bits}",
        "epochs = 2",
        f"epochs = 2\n{rate}",
        '"binarize"',
        '"range"',
    )
    with pytest.raises(
        RecipeError, match=r"recipe.toml:15: train.learning_rate: the loss of epoch 1 is nan, so nothing"
    ):
        train(path, tmp_path / "out")
    assert not (tmp_path / "out" / "model.onnx").exists()


def test_labels_with_gaps(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    """An output for every class up to 1000, and samples of three."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "gap.npz", x=random.normal(size=(200, 8)), y=random.choice([0, 5, 1000], 200))
    path = write_recipe('"digits"', f'"npz"\npath = "{tmp_path}/gap.npz"', '"binarize"', '"standardize"')
    assert train(path, tmp_path / "out").report.warnings[0] == (
        "no frame of 145 has one of 998 labels, 1 first, though the network has an output for each class"
    )


@pytest.mark.parametrize(
    "stop", [Stop(inside=1), Stop(inside=4), Stop(behind=1), Stop(behind=2), Stop(behind=5)]
)
def test_the_same_bytes_with_and_without_a_stop(
    write_recipe: WriteRecipe, tmp_path: Path, stop: Stop
) -> None:
    path = write_recipe(*LONG)
    train(path, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(path, tmp_path / "stopped", stop)
    train(path, tmp_path / "stopped")
    for name in ("model.onnx", "test.npz"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "stopped" / name).read_bytes()
    logs = [(tmp_path / run / "log.jsonl").read_text().splitlines() for run in ("whole", "stopped")]
    losses = [[json.loads(line).get("loss") for line in log] for log in logs]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 6


def test_another_seed_gives_another_network(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    train(write_recipe(), tmp_path / "a")
    train(write_recipe("batch = 100", "batch = 100\nseed = 1"), tmp_path / "b")
    assert (tmp_path / "a" / "model.onnx").read_bytes() != (tmp_path / "b" / "model.onnx").read_bytes()


def test_another_recipe_is_refused(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    train(write_recipe(), tmp_path / "out")
    with pytest.raises(UsageError, match="holds a run of another recipe: name another folder"):
        train(write_recipe("batch = 100", "batch = 50"), tmp_path / "out")


def test_a_float_network_is_a_teacher_only(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe("widths = [16]", "widths = [16]\nweight_bits = 32\nact_bits = 32\ninput_bits = 32")
    report = train(path, tmp_path / "out").report
    assert report.judge == "torch"
    assert present(report.test_accuracy) > 0.2
    assert not (tmp_path / "out" / "model.onnx").exists()


def test_a_thermometer_tells_the_host_what_to_do(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    train(write_recipe('"binarize"', '"thermometer"\nlevels = 2'), tmp_path / "out")
    host = json.loads((tmp_path / "out" / "preprocessing.json").read_text())
    assert len(host["samples"]["thresholds"]) == 2
    assert bnngen.load(tmp_path / "out" / "model.onnx").names.to_data()["preprocessing"] == host
    assert set(np.unique(np.load(tmp_path / "out" / "test.npz")["x"])) == {-1, 1}


@pytest.mark.parametrize("kind", ["range", "thermometer"])
@pytest.mark.parametrize("architecture", ["mlp", "cnv"])
def test_raw_samples_become_smaller_on_the_host(
    write_recipe: WriteRecipe, tmp_path: Path, kind: str, architecture: str
) -> None:
    """Rows of stored pixels give the codes of the test part, which holds resized ones."""
    sizes = "widths = [4]\ndense = [8]\npadding = 1" if architecture == "cnv" else "widths = [16]"
    changes = ('"binarize"', f'"{kind}"\nsize = [6, 5]', '"mlp"', f'"{architecture}"', "widths = [16]", sizes)
    path = write_recipe(*changes)
    train(path, tmp_path / "out")
    network = bnngen.load(tmp_path / "out" / "model.onnx")
    host = json.loads((tmp_path / "out" / "preprocessing.json").read_text())
    assert network.names.to_data()["preprocessing"] == host
    assert host["samples"]["resize"] == {"shape": [8, 8, 1], "type": "uint8"}
    raw = load_prepared(load_recipe(path)).stored.test.x.reshape(-1, 64)
    rows = "\n".join(",".join(map(str, row)) for row in raw.tolist())
    codes = rows_of(rows.encode(), "f", network).data.codes
    assert np.array_equal(codes, load_data(tmp_path / "out" / "test.npz", network).codes)


def test_a_mistake_that_only_the_data_shows(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    path = write_recipe('"mlp"', '"kws_conv"', 'input = "binarize"', 'input = "binarize"\nvalidation = 100')
    path = write_recipe("widths = [16]", "widths = [16]\n[model.layers.fc]\nweight_bits = 2")
    with pytest.raises(
        RecipeError, match=rf"^{path}:8: model\.layers\.fc: no such layer; accepted: dense_0, dense_1"
    ):
        train(path, tmp_path / "out")


class Told(TrainWatcher):
    """Keeps what it is told of a table, and that it is told so first."""

    def __init__(self) -> None:
        self.table: TableRecord | None = None

    def found(self, table: TableRecord) -> None:
        assert self.table is None
        self.table = table

    def epoch(self, entry: dict[str, Any], epochs: int) -> None:
        assert self.table is not None


@pytest.mark.parametrize("kind", ["thermometer", "range"])
def test_a_table_and_its_names(tmp_path: Path, shared: Path, kind: str) -> None:
    """All rows: what a host makes of their texts is what the network has learned from."""
    fan = shared / "cases" / "csv" / "fan.csv"
    recipe = tmp_path / "fan.toml"
    recipe.write_text(FAN.format(fan=fan, kind=kind))
    told = Told()
    report = train(recipe, tmp_path / "out", told).report
    assert told.table == report.table
    assert present(report.test_accuracy) > 0.8
    assert sum(row.correct for row in report.outcomes) == report.test_correct
    network = bnngen.load(tmp_path / "out" / "model.onnx")
    table = read_table(fan.read_bytes(), "fan.csv")
    assert network.names.classes == tuple(row.name for row in report.outcomes)
    assert network.names.columns == tuple(table.columns)[:-1]
    prepared = load_prepared(load_recipe(recipe))
    x = prepared.layout(load(load_recipe(recipe).data).train.x)
    codes = of_type(Preprocessing, network.names.preprocessing).codes(table.columns)
    assert np.array_equal(codes, quantize(x, network))
    host = json.loads((tmp_path / "out" / "preprocessing.json").read_text())
    assert host == of_type(Preprocessing, network.names.preprocessing).to_data()


FAN = """\
[data]
name = "csv"
path = "{fan}"
input = "{kind}"
[model]
architecture = "mlp"
widths = [32]
[train]
epochs = 8
batch = 50
"""
