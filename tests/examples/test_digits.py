"""The committed digits network: what its files hold, and that they are what the training script makes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from sklearn.datasets import load_digits

MODEL = "digits_1w1a.onnx"
DATA = "digits_test.npz"
RECORD = "digits_1w1a.json"
# another CPU rounds differently, and then training takes another path, as with another seed
TOLERATED_SAMPLES = 8


class BipolarQuant(OpRun):
    """The QONNX binarizer: +scale from zero on, -scale below."""

    op_domain = "qonnx.custom_op.general"

    def _run(self, x: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray]:
        return (np.where(x >= 0, scale, -scale),)


def record(folder: Path) -> dict[str, Any]:
    """What the training script wrote about its network."""
    result: dict[str, Any] = json.loads((folder / RECORD).read_text())
    return result


def scores(folder: Path) -> np.ndarray:
    """The network's scores (360, 10) of the test images, by an evaluator that shares no code with bnngen."""
    session = ReferenceEvaluator(str(folder / MODEL), new_ops=[BipolarQuant])
    result: np.ndarray = session.run(None, {"pixels": np.load(folder / DATA)["x"].astype(np.float32)})[0]
    return result


def count_correct(folder: Path) -> int:
    """How many of the test images the network in ``folder`` classifies correctly."""
    return int((scores(folder).argmax(axis=1) == np.load(folder / DATA)["y"]).sum())


def samples(images: np.ndarray, labels: np.ndarray) -> set[tuple[bytes, int]]:
    """The set of all images with their labels."""
    return {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}


def retrain(folder: Path, script: Path, *options: str) -> Path:
    """Run the training script; returns ``folder``, where its results are."""
    subprocess.run([sys.executable, script, "--out", folder, *options], check=True)
    return folder


def test_model_is_valid(digits: Path) -> None:
    onnx.checker.check_model(onnx.load(digits / MODEL))


def test_accuracy_is_the_recorded_one(digits: Path) -> None:
    assert count_correct(digits) == record(digits)["test_correct"]


def test_accuracy_is_what_one_bit_allows(digits: Path) -> None:
    assert record(digits)["test_correct"] >= 0.95 * record(digits)["test_samples"]


def test_scores_are_integers_with_the_parity_of_the_last_fan_in(digits: Path) -> None:
    fan_in = record(digits)["widths"][-2]
    result = scores(digits)
    assert result.shape == (record(digits)["test_samples"], 10)
    assert np.array_equal(result % 2, np.full_like(result, fan_in % 2))
    assert np.abs(result).max() <= fan_in


def test_images_and_labels_are_scikit_learns(digits: Path) -> None:
    images, labels = load_digits(return_X_y=True)
    data = np.load(digits / DATA)
    known, taken = samples(images.astype(np.uint8), labels), samples(data["x"], data["y"])
    assert data["x"].dtype == np.uint8
    assert data["x"].shape == (360, 64)
    assert taken <= known
    assert len(taken) == record(digits)["test_samples"]


def test_labels_are_stratified(digits: Path) -> None:
    counts = np.bincount(np.load(digits / DATA)["y"], minlength=10)
    assert counts.min() >= 34
    assert counts.max() <= 37


def test_model_tells_nothing_about_the_machine_that_trained_it(digits: Path) -> None:
    content = (digits / MODEL).read_bytes()
    assert not re.search(rb"\.py\b|site-packages|Traceback|/home/|/root/|/tmp/|/Users/|[A-Z]:\\", content)
    model = onnx.load_from_string(content)
    assert not model.doc_string
    assert not model.metadata_props
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)


@pytest.mark.slow
@pytest.mark.train
def test_training_reproduces_the_accuracy(digits: Path, tmp_path: Path) -> None:
    again = retrain(tmp_path, digits / "train.py")
    committed, trained = np.load(digits / DATA), np.load(again / DATA)
    assert np.array_equal(trained["x"], committed["x"])
    assert np.array_equal(trained["y"], committed["y"])
    assert count_correct(again) == record(again)["test_correct"]
    assert abs(record(again)["test_correct"] - record(digits)["test_correct"]) <= TOLERATED_SAMPLES


@pytest.mark.slow
@pytest.mark.train
def test_training_is_deterministic(digits: Path, tmp_path: Path) -> None:
    first, second = (
        retrain(tmp_path / name, digits / "train.py", "--epochs", "2", "--seed", "3", "4") for name in "ab"
    )
    for name in (MODEL, DATA, RECORD):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert record(first)["seed"] in (3, 4)
