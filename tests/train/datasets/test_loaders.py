"""Data sets from files of every kind, and what is said of files that can't be used."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import DTypeLike
from PIL import Image

from bnngen.base.errors import DataError, RecipeError
from bnngen.train.choices import SOURCES
from bnngen.train.datasets import load_dataset
from bnngen.train.datasets.idx import read_idx
from bnngen.train.recipe import DataTable

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.integers(0, 256, (60, 4, 5), np.uint8), np.arange(60) % 3


def table(name: str, path: Path | None = None, **more: object) -> DataTable:
    return DataTable.model_validate({"name": name, "path": path, **more})


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def write_idx(folder: Path) -> Path:
    for name, part in (("train", slice(0, 50)), ("t10k", slice(50, 60))):
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(X[part])))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx_bytes(Y[part]))
    return folder


def test_every_source_is_a_module_of_the_package() -> None:
    import bnngen.train.datasets as package

    folder = Path(package.__file__).parent
    helpers = {"__init__", "columns", "dataset", "files", "pictures", "split"}
    assert {path.stem for path in folder.glob("*.py")} - helpers == set(SOURCES)


def test_an_unknown_set_suggests_near_names() -> None:
    with pytest.raises(RecipeError, match=r"^data.name: no data set 'mnits'; did you mean mnist"):
        load_dataset(table("mnits"))


def test_npz_with_all_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(
        path, x_train=X[:40], y_train=Y[:40], x_val=X[40:50], y_val=Y[40:50], x_test=X[50:], y_test=Y[50:]
    )
    data = load_dataset(table("npz", path))
    assert np.array_equal(data.train.x, X[:40])
    assert np.array_equal(data.validation.y, Y[40:50])
    assert np.array_equal(data.test.x, X[50:])
    assert data.classes == 3


def test_npz_without_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=X, y=Y)
    data = load_dataset(table("npz", path, validation=6, test=0.2))
    assert (len(data.train), len(data.validation), len(data.test)) == (42, 6, 12)


@pytest.mark.parametrize("dtype", [bool, ">u2", np.uint32, np.float16])
def test_types_that_torch_has_not(tmp_path: Path, dtype: DTypeLike) -> None:
    np.savez(tmp_path / "a.npz", x_train=X.astype(dtype), y_train=Y, x_test=X.astype(dtype), y_test=Y)
    data = load_dataset(table("npz", tmp_path / "a.npz"))
    assert data.test.x.dtype == np.float64
    assert np.array_equal(data.test.x, X.astype(dtype))


def test_npz_with_categories(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    kinds = np.array([[0], [2], [5], [2]])
    np.savez(
        path,
        x_train=np.arange(8.0).reshape(4, 2),
        y_train=[0, 1, 0, 1],
        xcat_train=kinds,
        x_test=[[1.0, 2.0]],
        y_test=[1],
        xcat_test=[[7]],
    )
    data = load_dataset(table("npz", path, categories="xcat", validation=2))
    assert data.train.x.shape == (2, 5)
    assert data.test.x.tolist() == [[1, 2, 0, 0, 0]]  # a category that training has never seen
    with pytest.raises(RecipeError, match=r"^data\.categories: .* has no arrays cat_train"):
        load_dataset(table("npz", path, categories="cat"))


def test_groups_stay_together(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x_train=X, y_train=Y, speaker=np.arange(60) // 6, x_test=X, y_test=Y)
    data = load_dataset(table("npz", path, group="speaker", validation=0.3))
    assert len(data.validation) == 18
    kept = {x.tobytes() for x in data.validation.x}
    speakers = [sum(x.tobytes() in kept for x in X[k : k + 6]) for k in range(0, 60, 6)]
    assert set(speakers) == {0, 6}
    np.savez(path, x=X, y=Y, speaker=np.array([f"speaker {k // 6}" for k in range(60)]))
    assert len(load_dataset(table("npz", path, group="speaker", validation=0.3, test=0.2)).test) == 12
    with pytest.raises(RecipeError, match=r"^data\.group: .* no array 'track'"):
        load_dataset(table("npz", path, group="track"))


def test_jpeg_in_npz(tmp_path: Path) -> None:
    files = []
    for value in (0, 255) * 5:
        Image.new("RGB", (8, 8), (value, value, value)).save(tmp_path / "p.jpg")
        files.append((tmp_path / "p.jpg").read_bytes())
    offsets = np.cumsum([0, *map(len, files)])
    packed = np.frombuffer(b"".join(files), np.uint8)
    np.savez(tmp_path / "a.npz", x_train_jpeg=packed, x_train_off=offsets, y_train=np.arange(10) % 2)
    data = load_dataset(table("npz", tmp_path / "a.npz"))
    assert data.train.x.shape[1:] == (8, 8, 3)
    assert np.array_equal(data.train.x[:, 0, 0, 0] == 255, data.train.y)


def test_idx_folder(tmp_path: Path) -> None:
    for name in ("idx", "mnist", "fashion_mnist"):
        data = load_dataset(table(name, write_idx(tmp_path), validation=10))
        assert np.array_equal(data.test.x, X[50:])
        assert (len(data.train), len(data.validation)) == (40, 10) or len(data.validation) in range(9, 13)


def test_csv(tmp_path: Path) -> None:
    rows = "\n".join(f"{k % 7},{'red' if k % 2 else 'blue'},{'yes' if k % 3 else 'no'}" for k in range(30))
    (tmp_path / "a.csv").write_text(f"size,colour,label\n{rows}\n")
    (tmp_path / "b.csv").write_text("size,colour,label\n7,green,yes\n")
    data = load_dataset(table("csv", tmp_path / "a.csv", test_path=tmp_path / "b.csv"))
    assert data.train.x.shape[1:] == (3,)
    assert data.test.x.tolist() == [[7, 0, 0]]
    assert data.test.y.tolist() == [1]
    with pytest.raises(RecipeError, match=r"^data\.label: no column 'lable'; did you mean label\?"):
        load_dataset(table("csv", tmp_path / "a.csv", label="lable"))


def test_images(tmp_path: Path) -> None:
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        for number in range(10):
            Image.new("L", (6, 5), 100 * label + number).save(tmp_path / name / f"{number}.png")
    data = load_dataset(table("images", tmp_path))
    assert data.train.x.shape[1:] == (5, 6)
    assert np.array_equal(data.train.x[:, 0, 0] >= 100, data.train.y)


def test_digits() -> None:
    data = load_dataset(table("digits"))
    assert sum(map(len, (data.train, data.validation, data.test))) == 1797
    assert data.train.x.shape[1:] == (8, 8)
    assert data.classes == 10


@pytest.mark.parametrize(
    ("name", "arrays", "message"),
    [
        ("npz", {"a": X}, r"must have x_train and y_train, or x and y, not \['a'\]"),
        ("npz", {"x": X, "y": Y[:-1]}, r"the labels must be 60 class indices from 0, not int64 \(59,\)"),
        ("npz", {"x": X, "y": Y - 1}, "the labels must be 60 class indices from 0"),
        ("npz", {"x": X[:, 0, 0], "y": Y}, r"the samples have shape \(60,\)"),
        ("npz", {"x": np.full((60, 2), np.nan), "y": Y}, "NaN, infinity"),
        ("npz", {"x": np.full((60, 2), 1e39), "y": Y}, "NaN, infinity or numbers beyond float32"),
        ("npz", {"x": X.astype(str), "y": Y}, "must be real numbers"),
        ("npz", {"x": X, "y": Y * 1.0}, r"the labels must be 60 class indices from 0, not float64 \(60,\)"),
        ("npz", {"x": X, "y": Y + 65535}, "the labels reach 65537; accepted are class indices below 65,536"),
        ("npz", {"x": X, "y": Y.astype(np.uint64) - 1}, f"the labels reach {2**64 - 1}; accepted are"),
        ("npz", {"x": X, "y": Y, "x_scale": 0.5}, "has x_scale, which training does not know"),
        (
            "npz",
            {"x_train_jpeg": X, "x_train_off": Y, "y_train": Y},
            r"found uint8 of shape \(60, 4, 5\) and",
        ),
        ("npz", {"x_train_jpeg": X.ravel(), "x_train_off": Y[:0], "y_train": Y}, "there are no pictures"),
        ("npz", {"x_train_jpeg": X.ravel(), "x_train_off": Y, "y_train": Y}, "picture 0 is no picture"),
        ("npz", {"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, r"samples have shape \(2, 5\)"),
    ],
)
def test_arrays_that_can_not_be_used(tmp_path: Path, name: str, arrays: dict[str, Any], message: str) -> None:
    if "x_test" in arrays:
        arrays = {f"{k}_train" if "_" not in k else k: v for k, v in arrays.items()}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_dataset(table(name, tmp_path / "a.npz"))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"a,b,a\n1,2,3\n", "has more than one column 'a' in its header line"),
        (b"a,b\n1," + b"9" * 200_000 + b"\n", "is not a whole CSV file: field larger than field limit"),
        (b"a,label\n" + b"nan,1\n1,2\n2,1\n" * 3, r"the column 'a' holds numbers, but none in 3 of 9 rows"),
    ],
)
def test_tables_that_can_not_be_used(tmp_path: Path, contents: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(contents)
    with pytest.raises(DataError, match=message):
        load_dataset(table("csv", tmp_path / "a.csv"))


def test_idx_files_of_many_axes_and_damaged_gzip(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"x")
    with pytest.raises(DataError, match="is an IDX file of 255 axes; accepted are 1 to 4"):
        read_idx(tmp_path / "a")
    packed = bytearray(gzip.compress(idx_bytes(X)))
    packed[40] ^= 255
    (tmp_path / "a.gz").write_bytes(packed)
    with pytest.raises(DataError, match="can't read the data"):
        read_idx(tmp_path / "a.gz")


def test_a_packed_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.datasets.files.MOST_BYTES", 1000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx_bytes(X)))
    with pytest.raises(DataError, match="holds more than 1,000 bytes, unpacked"):
        read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize("name", ["npz", "csv", "idx", "images", "mnist"])
def test_no_path_and_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match=r"^data\.path: missing"):
        load_dataset(table(name))
    with pytest.raises(DataError, match="none"):
        load_dataset(table(name, tmp_path / "none"))


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"\0\0", lambda b: b"", lambda b: b"\1" + b])
def test_a_damaged_idx_file(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "a").write_bytes(damage(idx_bytes(X)))
    with pytest.raises(DataError, match="IDX file"):
        read_idx(tmp_path / "a")


@pytest.mark.parametrize("text", ["", "a,b\n", "a\n1\n", "a,b\n1\n"])
def test_a_damaged_csv_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=r"a\.csv"):
        load_dataset(table("csv", tmp_path / "a.csv"))


def test_mnist_5000() -> None:
    data = load_dataset(table("mnist_5000", test=500))
    assert (len(data.train), len(data.validation), len(data.test)) == (4050, 450, 500)
    assert np.bincount(data.test.y).tolist() == [50] * 10
