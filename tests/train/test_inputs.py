"""What becomes of stored samples before the network's first quantiser."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.base.errors import RecipeError
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.inputs import Layout, Prepared, prepare, preprocessing
from bnngen.train.recipe import DataTable


def prepared(x: np.ndarray, rank: int = 1, bits: int | None = None, **table: object) -> Prepared:
    part = Subset(x, np.arange(len(x)) % 2)
    return prepare(DataSet(part, part, part, 2), DataTable.model_validate({"name": "t", **table}), rank, bits)


IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 5, 3), np.uint8)


def test_layouts() -> None:
    assert np.array_equal(Layout(3)(IMAGES), np.moveaxis(IMAGES, -1, 1))
    assert Layout(3)(IMAGES[..., 0]).shape == (20, 1, 4, 5)
    assert Layout(2)(IMAGES[..., 0]).shape == (20, 5, 4)
    assert np.array_equal(Layout(1)(IMAGES), np.moveaxis(IMAGES, -1, 1).reshape(20, -1))
    assert np.array_equal(Layout(1)(IMAGES[..., 0]), IMAGES[..., 0].reshape(20, -1))
    assert Layout(1).image_shape(IMAGES) == (3, 4, 5)
    assert Layout(2).image_shape(IMAGES[..., 0]) == (5, 1, 4)
    assert Layout(1).image_shape(IMAGES[:, 0, :, 0]) is None


def test_binarized_pixels() -> None:
    x = np.arange(256, dtype=np.uint8)[:, None]
    code = prepared(x, input="binarize", threshold=0.25).code
    assert code.bits == 1
    assert np.array_equal(code.mul * x + code.add >= 0, x >= 0.25 * 255)


def test_eight_bits_are_the_bytes_themselves() -> None:
    x = np.arange(256, dtype=np.uint8)[:, None]
    code = prepared(x, input="range").code
    assert np.array_equal((code.mul * x + code.add) / code.scale, x.astype(float) - 128)


def test_standardized_features() -> None:
    x = np.random.default_rng(0).normal([3, -100, 0], [1, 20, 0], (500, 3)).astype(np.float32)
    code = prepared(x, input="standardize", bits=4).code
    y = code.mul * x + code.add
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), [1, 1, 0], atol=1e-5)
    assert code.scale * 2 ** (code.bits - 1) == 3


@pytest.mark.parametrize("spacing", ["even", "quantile"])
def test_thermometer_of_a_table(spacing: str) -> None:
    x = np.random.default_rng(0).integers(0, 100, (50, 3))
    made = prepared(x, input="thermometer", levels=4, spacing=spacing)
    bits = made.data.train.x.reshape(50, 3, 4)
    assert set(np.unique(bits)) == {-1, 1}
    assert (np.diff(bits, axis=2) <= 0).all()
    order = np.argsort(x[:, 0])
    assert (np.diff((bits[order, 0] > 0).sum(1)) >= 0).all()
    host = preprocessing(made)
    assert host is not None
    assert np.asarray(host["thermometer"]).shape == (3, 4)


def test_thermometer_of_images() -> None:
    made = prepared(IMAGES, rank=3, input="thermometer", levels=2, spacing="even")
    assert made.shape == (6, 4, 5)
    assert np.array_equal(made.data.train.x[:, 1] > 0, IMAGES[..., 0] >= 170)
    assert made.image == (6, 4, 5)


def test_samples_go_in_as_they_are() -> None:
    assert preprocessing(prepared(IMAGES)) is None


@pytest.mark.parametrize(
    ("rank", "bits", "kind", "message"),
    [
        (
            2,
            None,
            "range",
            r"^model\.architecture: takes sequences \(N, L, C\), not samples of shape \(4, 5, 3\)",
        ),
        (1, 8, "binarize", r"^model\.input_bits: found 8; input = 'binarize' takes 1"),
        (1, 1, "range", r"^model\.input_bits: found 1; input = 'range' takes 2 to 8"),
    ],
)
def test_what_does_not_go_together(rank: int, bits: int | None, kind: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        prepared(IMAGES, rank, bits, input=kind)
