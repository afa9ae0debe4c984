"""What becomes of stored samples before the network's first quantiser."""

from __future__ import annotations

import numpy as np
import pytest

from bnngen.base.errors import RecipeError
from bnngen.train.datasets.dataset import DataSet, SourceColumn, Subset, TableSource
from bnngen.train.inputs import Layout, Prepared, prepare
from bnngen.train.recipe import DataTable


def prepared(
    x: np.ndarray, rank: int = 1, bits: int | None = None, table: TableSource | None = None, **options: object
) -> Prepared:
    part = Subset(x, np.arange(len(x)) % 2)
    data = DataSet(part, part, part, 2, table=table)
    return prepare(data, DataTable.model_validate({"name": "t", **options}), rank, bits)


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
    assert made.layout.thresholds is not None
    assert [len(levels) for levels in made.layout.thresholds] == [4, 4, 4]
    assert {levels.dtype for levels in made.layout.thresholds} == {np.dtype(np.float32)}


def test_thermometer_of_images() -> None:
    made = prepared(IMAGES, rank=3, input="thermometer", levels=2, spacing="even")
    assert made.shape == (6, 4, 5)
    assert np.array_equal(made.data.train.x[:, 1] > 0, IMAGES[..., 0] >= 170)
    assert made.image == (6, 4, 5)


COLUMNS = (
    SourceColumn("bit", "number", 0),
    SourceColumn("id", "counter", 0, note="left out"),
    SourceColumn("word", "word", 0, ("a", "b")),
    SourceColumn("few", "number", 0),
    SourceColumn("zeros", "number", 0),
    SourceColumn("many", "number", 0),
)
SOURCE = TableSource("t.csv", 40, 0, "comma", True, "label", COLUMNS)


def test_bits_of_a_csv_file() -> None:
    """One bit where one is enough, none that is the same for all samples, and no two that are equal."""
    k = np.arange(40)
    zeros = np.where(k < 30, 0, k)
    x = np.stack([k % 2, k % 3 == 0, k % 3 == 1, k % 4, zeros, k * k], axis=1).astype(np.float32)
    made = prepared(x, table=SOURCE, input="thermometer", levels=5)
    assert made.layout.thresholds is not None
    found = [levels.tolist() for levels in made.layout.thresholds]
    assert found[:4] == [[1], [0.5], [0.5], [1, 2, 3]]
    assert found[4] == [30, 32, 34, 36, 38]
    assert len(found[5]) == 5
    bits = made.data.train.x
    assert bits.shape == (40, 16)
    assert (bits.min(axis=0) < bits.max(axis=0)).all()


def test_a_table_of_constants() -> None:
    source = TableSource("t.csv", 40, 0, "comma", True, "label", COLUMNS[:1])
    with pytest.raises(
        RecipeError, match=r"^data\.input: each feature has one value in all training samples$"
    ):
        prepared(np.ones((40, 1), np.float32), table=source, input="thermometer")


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
