"""DATA.npz files: what is accepted, and one clear message for everything else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnngen
from bnngen.data import load_data, quantize
from bnngen.errors import DataError
from bnngen.network import Network

Save = Callable[..., Path]


@pytest.fixture(scope="module")
def network(digits: Path) -> Network:
    return bnngen.load(digits / "digits_1w1a.onnx")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(**arrays: Any) -> Path:
        np.savez(tmp_path / "data.npz", **arrays)
        return tmp_path / "data.npz"

    return write


IMAGES = np.zeros((3, 64), np.uint8)


def test_real_inputs_and_labels(network: Network, digits: Path) -> None:
    data = load_data(digits / "digits_test.npz", network)
    assert data.codes.shape == (360, 64)
    assert data.labels is not None
    assert data.labels.shape == (360,)
    assert len(data.first(5).codes) == len(data.first(5).labels) == 5  # type: ignore[arg-type]


def test_scale_is_a_float64_product(network: Network, save: Save) -> None:
    x = np.arange(64, dtype=np.uint8)[None]
    scaled = load_data(save(x=x, x_scale=0.1), network).codes
    assert np.array_equal(scaled, quantize(x * 0.1, network))


def test_codes_pass_as_they_are(network: Network, save: Save) -> None:
    codes = np.random.default_rng(0).choice([-1, 1], (2, 64))
    assert np.array_equal(load_data(save(codes=codes), network).codes, codes)


def test_channels_move_to_the_end(make_network: Callable[..., Network]) -> None:
    network = make_network(0, [12, 3], ["bipolar"])
    image = Network((2, 2, 3), network.quantizer, network.layers, network.host)
    x = np.arange(12).reshape(1, 3, 2, 2) - 5.5
    assert np.array_equal(quantize(x, image), np.where(np.moveaxis(x, 1, -1) >= 0, 1, -1))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((3, 8, 8))}, r"x has shape \(3, 8, 8\), but the model takes \(N, 64\); reshape it: "),
        ({"x": np.zeros(64)}, r"x has shape \(64,\), but the model takes \(N, 64\)"),
        ({"x": np.full((1, 64), np.nan)}, r"x holds nan at \(0, 0\); accepted are finite numbers only"),
        ({"x": np.full((1, 64), np.inf)}, "x holds inf"),
        ({"x": np.full((1, 64), "a")}, "x must hold real numbers, not <U1"),
        ({"x": IMAGES, "codes": IMAGES}, "must have either x .* or codes .*, not"),
        ({"y": IMAGES}, r"must have either x .* not \['y'\]"),
        ({"codes": IMAGES}, "codes hold values outside the input's type, bipolar"),
        ({"codes": IMAGES.astype(float)}, "codes must be integers, not float64"),
        (
            {"codes": np.ones((1, 63), int)},
            r"codes have shape \(1, 63\), but the accelerator takes \(N, 64\)",
        ),
        ({"x": IMAGES, "y": np.zeros(2, int)}, r"y must be 3 class labels of shape \(3,\), not int64 \(2,\)"),
        ({"x": IMAGES, "x_scale": np.zeros(2)}, "x_scale must be one finite number"),
        ({"x": np.array([{}], dtype=object)}, "is not a whole .npz file of plain arrays"),
    ],
)
def test_refusals(network: Network, save: Save, arrays: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_data(save(**arrays), network)


@pytest.mark.parametrize("contents", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_broken_files(network: Network, tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(contents)
    with pytest.raises(DataError, match=r"is not a whole .npz file"):
        load_data(tmp_path / "x.npz", network)


def test_a_single_array(network: Network, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    with pytest.raises(DataError, match=r"is a single array; save it as x in an .npz file"):
        load_data(tmp_path / "x.npy", network)


def test_a_missing_file(network: Network) -> None:
    with pytest.raises(DataError, match=r"can't read the data 'nowhere.npz': No such file"):
        load_data("nowhere.npz", network)


def test_integers_times_a_scale_beyond_float64(network: Network, save: Save) -> None:
    x = np.arange(64, dtype=np.uint8)[None].repeat(9, axis=0)
    with pytest.raises(DataError, match=r"x holds inf at \(0, 2\); accepted are finite numbers only"):
        load_data(save(x=x, x_scale=1e308), network)
