"""From a run's folder, and from a file with data, to a model file and its accuracy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from support.narrow import of_type, present
from support.recipes import WriteRecipe

import bnngen
from bnngen.base.errors import DataError, ModelError, UsageError
from bnngen.quantize.choices import Choices
from bnngen.quantize.float_run import load_run
from bnngen.quantize.run import quantize_file, quantize_run
from bnngen.reference.data_file import quantize
from bnngen.reference.preprocessing import Preprocessing
from bnngen.train.run import train

pytestmark = pytest.mark.train

FLOAT = "weight_bits = 32\nact_bits = 32\ninput_bits = 32"


@pytest.fixture
def float_run(write_recipe: WriteRecipe, tmp_path: Path) -> Path:
    path = write_recipe(
        "widths = [16]", f"widths = [16]\n{FLOAT}", "epochs = 2", "epochs = 6", '"binarize"', '"range"'
    )
    train(path, tmp_path / "float")
    return tmp_path / "float"


def test_a_run(float_run: Path, tmp_path: Path) -> None:
    report = quantize_run(float_run, tmp_path / "q.onnx", Choices(4, 4, 4), samples=200)
    assert report.calibration_samples == 200
    assert report.weight_bits == 4 * (64 * 16 + 16 * 10)
    correct, in_float = present(report.test_correct), present(report.test_correct_in_float)
    assert abs(correct - in_float) < 0.06 * present(report.test_samples)
    first = (tmp_path / "q.onnx").read_bytes()
    quantize_run(float_run, tmp_path / "q.onnx", Choices(4, 4, 4), samples=200)
    assert (tmp_path / "q.onnx").read_bytes() == first
    types = [present(layer.op.weight_type) for layer in bnngen.load(tmp_path / "q.onnx").layers]
    assert all(t.lo >= -7 and t.hi <= 7 for t in types)


def test_names_come_along(tmp_path: Path) -> None:
    """Raw rows become the codes of the quantised network, not those of the run in float."""
    x = np.random.default_rng(0).normal(size=(120, 2))
    rows = [f"{a:.4f},{'red' if b > 0 else 'blue'},{'up' if a + b > 0 else 'down'}" for a, b in x]
    (tmp_path / "t.csv").write_text("\n".join(["size,colour,way", *rows]))
    text = f'[data]\nname = "csv"\npath = "{tmp_path}/t.csv"\n[model]\narchitecture = "mlp"\nwidths = [8]\n{FLOAT}\n'
    (tmp_path / "r.toml").write_text(f"{text}[train]\nepochs = 2\nbatch = 20\n")
    train(tmp_path / "r.toml", tmp_path / "float")
    quantize_run(tmp_path / "float", tmp_path / "q.onnx", Choices(4, 4, 4), samples=50)
    network = bnngen.load(tmp_path / "q.onnx")
    assert (network.names.classes, network.names.columns) == (("down", "up"), ("size", "colour"))
    codes = of_type(Preprocessing, network.names.preprocessing).codes([row.split(",")[:2] for row in rows])
    features = [
        [float(size), colour == "blue", colour == "red"] for size, colour, _ in (r.split(",") for r in rows)
    ]
    assert np.array_equal(codes, quantize(np.array(features, np.float32), network))


def test_a_file(float_run: Path, tmp_path: Path) -> None:
    run = load_run(float_run)
    (tmp_path / "m.onnx").write_bytes(run.model.SerializeToString())
    data, test = run.prepared.data.train, run.prepared.data.test
    np.savez(tmp_path / "data.npz", x=data.x)
    np.savez(tmp_path / "test.npz", x=test.x, y=test.y)
    paths = (tmp_path / "m.onnx", tmp_path / "data.npz", tmp_path / "q.onnx")
    report = quantize_file(*paths, Choices(5, 5, 5), 200, tmp_path / "test.npz")
    assert (
        report.test_correct
        == quantize_run(float_run, tmp_path / "r.onnx", Choices(5, 5, 5), 200).test_correct
    )
    with pytest.raises(DataError, match="has no labels y, so there is no accuracy"):
        quantize_file(*paths, Choices(5, 5, 5), 200, tmp_path / "data.npz")
    np.savez(tmp_path / "data.npz", codes=data.x)
    with pytest.raises(DataError, match="must have x, real inputs"):
        quantize_file(*paths, Choices(5, 5, 5), 200)


def test_a_float_file_with_a_clip(shared: Path, tmp_path: Path) -> None:
    """Relu6, from the float file to the integer network."""
    file = shared / "cases" / "faults" / "f_clip.onnx"
    x = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=x)
    quantize_file(file, tmp_path / "x.npz", tmp_path / "q.onnx", Choices(), 200)
    network = bnngen.load(tmp_path / "q.onnx")
    found = network.host.real_outputs(bnngen.golden(network, x))
    expected = onnxruntime.InferenceSession(file).run(None, {"x": x})[0]
    assert np.abs(found - expected).max() < 0.05 * expected.std()


def test_data_that_is_all_the_same_is_said(shared: Path, tmp_path: Path) -> None:
    file = shared / "cases" / "faults" / "f_relu.onnx"
    np.savez(tmp_path / "x.npz", x=np.ones((100, 8)))
    found = quantize_file(file, tmp_path / "x.npz", tmp_path / "q.onnx", Choices(), 100).warnings
    assert [text.split(":")[0] for text in found] == ["all inputs become the code 255"]


def test_what_the_importer_refuses_is_not_written(
    float_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise ModelError("fc", "is too much")

    monkeypatch.setattr("bnngen.quantize.run.load", refuse)
    with pytest.raises(ModelError, match="layer 'fc': is too much"):
        quantize_run(float_run, tmp_path / "q.onnx", Choices(), 10)
    assert not (tmp_path / "q.onnx").exists()


@pytest.mark.parametrize(
    ("name", "message"), [("p_empty", "holds no frames"), ("p_nan", r"x holds nan at \(6, 3\)")]
)
def test_data_that_nothing_can_be_calibrated_on(
    shared: Path, tmp_path: Path, name: str, message: str
) -> None:
    faults = shared / "cases" / "faults"
    with pytest.raises(DataError, match=rf"{name}.npz'.* {message}"):
        quantize_file(faults / "f_relu.onnx", faults / f"{name}.npz", tmp_path / "q.onnx", Choices(), 10)


def test_what_is_no_float_run(write_recipe: WriteRecipe, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no finished run of bnngen train"):
        quantize_run(tmp_path, tmp_path / "q.onnx", Choices(), 10)
    train(write_recipe(), tmp_path / "binary")
    with pytest.raises(
        UsageError, match="has quantisers; train it with weight_bits, act_bits and input_bits = 32"
    ):
        quantize_run(tmp_path / "binary", tmp_path / "q.onnx", Choices(), 10)
