"""DATA.npz files: what is accepted, and one clear message for everything else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.networks import make_network

import bnngen
from bnngen.base.errors import DataError
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import exact_array
from bnngen.reference.data_file import calibration_inputs, load_data, quantize
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.network import Host, Network

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


DTYPES = ["?", "i1", "u2", "i8", "u8", "f2", "f4", "f8", "g", ">i4", ">f4", ">f8"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_real_type_in_any_order(network: Network, save: Save, dtype: str, order: Any) -> None:
    x = np.random.default_rng(0).integers(0, 17, (5, 64)).astype(dtype)
    expected = quantize(x.astype(float), network)
    assert np.array_equal(load_data(save(x=np.asarray(x, order=order)), network).codes, expected)
    assert np.array_equal(
        load_data(save(x=x, x_scale=np.float32(-0.5)), network).codes,
        quantize(x.astype(float) * -0.5, network),
    )


def test_integers_that_float64_does_not_hold() -> None:
    """2**63 + 1 and 2**63 are one float64, and two codes."""
    edge = Quantizer(exact_array(1), exact_array(-(2**63) - 1), "sign", BIPOLAR)
    network = Network((2,), edge, (), Host(exact_array(1), exact_array(0)))
    assert quantize(np.array([[2**63, 2**63 + 1]], np.uint64), network).tolist() == [[-1, 1]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, ">i2"])
def test_codes_and_labels_of_any_type_of_integers(network: Network, save: Save, dtype: Any) -> None:
    codes, labels = np.ones((2, 64), dtype), np.array([3, 250]).astype(dtype)
    data = load_data(save(codes=codes, y=labels), network)
    assert data.labels is not None
    assert data.codes.tolist() == codes.tolist()
    assert data.labels.tolist() == labels.tolist()


def test_what_is_not_needed_may_be_anything(network: Network, save: Save) -> None:
    arrays = load_data(save(x=IMAGES, names=np.array(["a"]), objects=np.array([{}], dtype=object)), network)
    assert len(arrays.codes) == 3


def test_calibration_inputs(save: Save) -> None:
    x = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert calibration_inputs(save(x=x)).tolist() == x.tolist()
    assert calibration_inputs(save(x=x, x_scale=0.1)).tolist() == (x * 0.1).tolist()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"codes": IMAGES},
            r"must have x, real inputs \(N, ...\), to calibrate on, not \['codes'\]",
        ),
        ({"x": np.zeros(3)}, r"x has shape \(3,\), but the model takes \(N, ...\)"),
        ({"x": np.float32(3)}, r"x has shape \(\), but the model takes \(N, ...\)"),
        ({"x": np.zeros((0, 8))}, "data.npz' holds no frames"),
        ({"x": np.array([[0, np.nan]])}, r"x holds nan at \(0, 1\); accepted are finite numbers only"),
        ({"x": np.full((1, 2), 10.0), "x_scale": 1e308}, r"x holds inf at \(0, 0\)"),
    ],
)
def test_what_nothing_can_be_calibrated_on(save: Save, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        calibration_inputs(save(**arrays))


def test_scale_is_a_float64_product(network: Network, save: Save) -> None:
    x = np.arange(64, dtype=np.uint8)[None]
    scaled = load_data(save(x=x, x_scale=0.1), network).codes
    assert np.array_equal(scaled, quantize(x * 0.1, network))


def test_codes_pass_as_they_are(network: Network, save: Save) -> None:
    codes = np.random.default_rng(0).choice([-1, 1], (2, 64))
    assert np.array_equal(load_data(save(codes=codes), network).codes, codes)


def test_channels_move_to_the_end() -> None:
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
        ({"x": np.float32(3)}, r"x has shape \(\), but the model takes \(N, 64\)"),
        ({"x": np.zeros((0, 64))}, "data.npz' holds no frames: its arrays are 0 long"),
        ({"codes": np.zeros((0, 64), int)}, "data.npz' holds no frames"),
        ({"x": np.full((1, 64), np.longdouble(1) / 3)}, "x holds .* numbers that float64 can't"),
        ({"x": IMAGES, "codes": IMAGES}, "must have either x .* or codes .*, not"),
        ({"y": IMAGES}, r"must have either x .* not \['y'\]"),
        ({"codes": IMAGES}, r"codes hold 0 at \(0, 0\), outside the input's type, bipolar"),
        (
            {"codes": np.array([[1] * 63 + [2**64 - 1]], np.uint64)},
            rf"codes hold {2**64 - 1} at \(0, 63\), outside",
        ),
        ({"codes": np.array([[1] * 63 + [2**63 - 1]])}, rf"codes hold {2**63 - 1} at \(0, 63\), outside"),
        ({"codes": np.ones(64, int)}, r"codes have shape \(64,\), but the accelerator takes \(N, 64\)"),
        ({"codes": np.int64(1)}, r"codes have shape \(\), but the accelerator takes \(N, 64\)"),
        ({"codes": IMAGES.astype(float)}, "codes must be integers, not float64"),
        (
            {"codes": np.ones((1, 63), int)},
            r"codes have shape \(1, 63\), but the accelerator takes \(N, 64\)",
        ),
        (
            {"x": IMAGES, "y": np.zeros(2, int)},
            r"y must be 3 class labels of shape \(3,\), integers, not int64 of shape \(2,\)",
        ),
        ({"x": IMAGES, "y": np.zeros(3)}, r"integers, not float64 of shape \(3,\); save y.astype\(int\)"),
        ({"x": IMAGES, "y": np.zeros((3, 1), int)}, r"of shape \(3, 1\); save y.reshape\(-1\)"),
        ({"x": IMAGES, "y": np.eye(3)}, r"of shape \(3, 3\); if it is one-hot, save y.argmax\(axis=1\)"),
        (
            {"x": IMAGES, "y": np.array([0, 2**64 - 1, 1], np.uint64)},
            rf"y holds {2**64 - 1} at \(1,\); a label is the index of a class",
        ),
        ({"x": IMAGES, "x_scale": np.ones(2)}, r"x_scale must be one number, not float64 of shape \(2,\)"),
        ({"x": IMAGES, "x_scale": True}, r"x_scale must be one number, not bool of shape \(\)"),
        *(
            ({"x": IMAGES, "x_scale": scale}, f"x_scale must be a finite number other than 0, not {scale}")
            for scale in (0.0, np.nan, np.inf, np.longdouble("1e400"))
        ),
        ({"x": np.array([{}], dtype=object)}, "x holds Python objects; accepted are booleans"),
    ],
)
def test_refusals(network: Network, save: Save, arrays: dict[str, Any], message: str) -> None:
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
