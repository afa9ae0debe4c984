"""Networks that others trained, against what they are known to compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bnngen.frontend import import_onnx
from bnngen.ops.dense import Dense
from bnngen.passes.lower import lower
from bnngen.reference.data_file import Data, load_data
from bnngen.reference.network import Network

MODELS = Path(__file__).parent / "models"
BREVITAS = sorted(path.stem for path in MODELS.glob("*.onnx"))


def load(shared: Path, name: str, data: str) -> tuple[Network, Data]:
    network = lower(import_onnx(shared / "models" / f"{name}.onnx"))
    return network, load_data(shared / "data" / f"{data}.npz", network)


@pytest.mark.parametrize(("name", "correct"), [("tfc_1w1a_mnist", 9296), ("tfc_2w2a_mnist", 9660)])
def test_tfc_of_brevitas(shared: Path, name: str, correct: int) -> None:
    network, data = load(shared, name, "mnist_test_unit")
    expected = np.load(shared / "models" / f"{name}_expected.npz")
    y = network.run(data.codes)
    np.testing.assert_array_equal(network.classes(y), expected["class"])
    np.testing.assert_allclose(network.host.real_outputs(y), expected["y"], rtol=1e-12)
    assert np.count_nonzero(network.classes(y) == data.labels) == correct


def test_tfc_in_finns_dialect(shared: Path) -> None:
    network, data = load(shared, "tfc_w1a1_finn_dialect", "mnist_test_255")
    y = network.run(data.codes)
    assert network.class_index
    assert np.count_nonzero(network.classes(y) == data.labels) == 9296


def test_both_dialects_are_one_network(shared: Path) -> None:
    """Every class of every image: the same network out of two exporters."""
    first, unit = load(shared, "tfc_1w1a_mnist", "mnist_test_unit")
    second, whole = load(shared, "tfc_w1a1_finn_dialect", "mnist_test_255")
    np.testing.assert_array_equal(unit.codes, whole.codes)
    np.testing.assert_array_equal(
        first.classes(first.run(unit.codes)), second.classes(second.run(whole.codes))
    )


def test_cnv_of_silicon(shared: Path) -> None:
    """Every score of eight images, four of which a real board has computed."""
    network = lower(import_onnx(shared / "models" / "cnv_w1a1_cifar10.onnx"))
    vectors = shared / "models" / "cnv_w1a1_cifar10_vectors.npz"
    y = network.run(load_data(vectors, network).codes)
    with np.load(vectors) as expected:
        np.testing.assert_array_equal(y, expected["y_int"])


def test_lfc_of_silicon(shared: Path) -> None:
    """All ten bits of all images; the original's host takes the highest set bit as the class."""
    network, data = load(shared, "lfc_w1a1_mnist", "mnist_test_flat")
    expected = np.load(shared / "models" / "lfc_w1a1_mnist_expected.npz")
    y = network.run(data.codes)
    assert network.output_type.bipolar
    np.testing.assert_array_equal(y, expected["y"])
    highest = np.where((y > 0).any(axis=1), 9 - np.argmax(y[:, ::-1] > 0, axis=1), 0)
    np.testing.assert_array_equal(highest, expected["class_highest_bit"])
    assert np.count_nonzero(highest == data.labels) == 9840
    assert np.count_nonzero(network.classes(y) == data.labels) == 9832


@pytest.mark.parametrize("name", BREVITAS)
def test_small_models_of_brevitas(name: str) -> None:
    """The torch module in double precision; one wrong integer would be far beyond the tolerance."""
    network = lower(import_onnx(MODELS / f"{name}.onnx"))
    expected = np.load(MODELS / f"{name}.npz")
    y = network.run(network.quantizer.quantize(expected["x"]))
    np.testing.assert_allclose(network.host.real_outputs(y), expected["y"], rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(network.classes(y), expected["y"].argmax(axis=1))
    if network.host.head is None:
        integers = (expected["y"] - network.host.add.astype(float)) / network.host.mul.astype(float)
        np.testing.assert_array_equal(np.rint(integers), y)
    assert len(np.unique(y, axis=0)) > len(y) // 4


def test_two_exporters_give_one_network() -> None:
    first, second = (lower(import_onnx(MODELS / f"bipolar_softmax{tail}.onnx")) for tail in ("", "_dynamo"))
    for one, other in zip(first.layers, second.layers, strict=True):
        assert isinstance(one.op, Dense)
        assert isinstance(other.op, Dense)
        np.testing.assert_array_equal(one.op.weights, other.op.weights)
        assert (one.op.activation is None) == (other.op.activation is None)
        if one.op.activation and other.op.activation:
            np.testing.assert_array_equal(one.op.activation.thresholds, other.op.activation.thresholds)
