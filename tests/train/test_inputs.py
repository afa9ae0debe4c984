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


@pytest.mark.parametrize(
    ("shape", "rank", "size", "smaller"),
    [
        ((8, 6), 3, 4, (1, 4, 4)),
        ((8, 6), 1, [8, 3], (24,)),
        ((8, 6, 3), 3, [2, 6], (3, 2, 6)),
        ((8, 6, 3), 1, 5, (75,)),
        ((8, 6), 2, 5, (6, 5)),
        ((8, 6), 1, [5, 6], (30,)),
    ],
)
def test_samples_become_smaller(
    shape: tuple[int, ...], rank: int, size: int | list[int], smaller: tuple[int, ...]
) -> None:
    x = np.random.default_rng(0).integers(0, 256, (9, *shape), np.uint8)
    found = prepared(x, rank, size=size)
    assert found.data.train.x.shape[1:] == found.data.test.x.shape[1:] == smaller
    assert found.data.train.x.dtype == np.uint8
    assert found.stored.train.x is x
    assert found.image is not None
    assert int(np.prod(found.image)) == int(np.prod(smaller))


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_as_large_as_they_are(dtype: type) -> None:
    x: np.ndarray = np.random.default_rng(0).integers(0, 256, (9, 8, 6)).astype(dtype)
    found = prepared(x, 3, size=[8, 6])
    assert found.layout.resize is None
    assert np.array_equal(found.data.train.x[:, 0], x)


def test_the_code_is_measured_on_smaller_samples() -> None:
    x = np.tile(np.array([0, 200], np.uint8), (4, 2, 3))  # all means are 100
    code = prepared(x, 3, size=[1, 3], input="standardize").code
    assert code.add == -100


@pytest.mark.parametrize(("dtype", "type_"), [(np.int64, "int32"), (np.int16, "int16"), (np.int8, "int8")])
def test_what_hosts_take(dtype: type, type_: str) -> None:
    resize = prepared(np.zeros((4, 4, 4), dtype), 3, size=2).layout.resize
    assert resize is not None
    assert resize.type == type_


@pytest.mark.parametrize(
    ("x", "rank", "size", "says"),
    [
        (np.zeros((4, 8), np.uint8), 1, 4, "data.size: takes images and sequences, not tables"),
        (np.zeros((4, 8, 6), np.uint8), 3, 7, r"data.size: found \[7\]; accepted: 1 to 8 and 1 to 6"),
        (np.zeros((4, 8, 6), np.uint8), 2, [7, 6], r"data.size: found \[7, 6\]; accepted: 1 to 8"),
        (np.zeros((4, 8, 6), np.float32), 3, 4, "data.size: takes samples of integers, not of float32"),
        (np.full((4, 8, 6), 1 << 25), 3, 4, "data.size: takes integers from -16,777,216 to 16,777,216"),
        (np.full((4, 8, 6), -1 << 25), 3, 4, "data.size: takes integers from -16,777,216 to 16,777,216"),
    ],
)
def test_what_does_not_become_smaller(x: np.ndarray, rank: int, size: int | list[int], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        prepared(x, rank, size=size)
