"""What travels with a trained model: the host makes the codes that training made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.narrow import of_type

from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import exact_array
from bnngen.reference.input_quantizer import Quantizer
from bnngen.reference.names import NO_NAMES, Names
from bnngen.reference.preprocessing import Preprocessing
from bnngen.reference.resized_samples import ResizedSamples
from bnngen.reference.sample_thermometer import SampleThermometer
from bnngen.train.datasets.csv import load
from bnngen.train.datasets.dataset import DataSet, Subset
from bnngen.train.inputs import Prepared, prepare
from bnngen.train.names import run_names
from bnngen.train.recipe import DataTable

WORDS = np.random.default_rng(0).choice(["red", "green", ""], 90)
NUMBERS = np.random.default_rng(1).normal(0, [1, 1000], (90, 2))
KINDS = [
    {"input": "thermometer"},
    {"input": "thermometer", "levels": 3, "spacing": "even", "missing": "fill"},
    {"input": "thermometer", "words": ["y"]},
    {"input": "binarize"},
    {"input": "range"},
    {"input": "standardize", "missing": "fill"},
]


def quantizer_of(prepared: Prepared) -> Quantizer:
    """The network's own, as the importer reads it."""
    code = prepared.code
    if code.bits == 1:
        return Quantizer(exact_array(code.mul), exact_array(code.add), "sign", BIPOLAR)
    half = 2 ** (code.bits - 1)
    scale = exact_array(np.float32(code.scale))
    return Quantizer(
        exact_array(code.mul) / scale, exact_array(code.add) / scale, "half_even", IntType(-half, half - 1)
    )


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_raw_rows_become_the_codes_of_training(tmp_path: Path, options: dict[str, object]) -> None:
    cells = [[f"{a:.3f}", word, f"{b:.9g}"] for (a, b), word in zip(NUMBERS, WORDS, strict=True)]
    gaps = {3: ["", "red", "1"], 7: ["0.5", "", "n/a"]} if "missing" in options else {}
    cells = [gaps.get(row, values) for row, values in enumerate(cells)]
    lines = [",".join([*values, "ab"[row % 2]]) for row, values in enumerate(cells)]
    (tmp_path / "t.csv").write_text("\n".join(["x,colour,y,label", *lines]))
    table = DataTable.model_validate({"name": "csv", "path": tmp_path / "t.csv", **options})
    samples = load(table)
    data = DataSet(samples.train, samples.train, samples.train, 2, samples.names, samples.table)
    prepared = prepare(data, table, 1, None)
    quantizer = quantizer_of(prepared)
    names = run_names(prepared, quantizer)
    assert (names.classes, names.columns) == (("a", "b"), ("x", "colour", "y"))
    codes = of_type(Preprocessing, names.preprocessing).codes(cells)
    assert np.array_equal(codes, quantizer.quantize(prepared.data.train.x))
    assert len(np.unique(codes)) > 1


def of_arrays(x: np.ndarray, rank: int, **options: object) -> tuple[Prepared, Names]:
    part = Subset(x, np.arange(len(x)) % 2)
    table = DataTable.model_validate({"name": "npz", **options})
    prepared = prepare(DataSet(part, part, part, 2, ("a", "b")), table, rank, None)
    return prepared, run_names(prepared, quantizer_of(prepared))


def test_a_thermometer_of_another_table() -> None:
    """Its columns have no names; their numbers stand for them."""
    x = np.random.default_rng(0).integers(0, 50, (40, 3))
    prepared, names = of_arrays(x, 1, input="thermometer", levels=4)
    assert names.columns == ("feature_0", "feature_1", "feature_2")
    rules = of_type(Preprocessing, names.preprocessing)
    assert np.array_equal(rules.codes(x.tolist()), prepared.data.train.x)


def test_images_have_names_of_classes_alone() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 4, 5), np.uint8)
    assert of_arrays(pixels, 3, input="range")[1] == Names(("a", "b"))
    assert NO_NAMES.preprocessing is None


def test_thresholds_of_images_travel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 4, 5), np.uint8)
    _, names = of_arrays(pixels, 3, input="thermometer", levels=2, spacing="even")
    assert names.preprocessing == SampleThermometer((4, 5, 1), (85.0, 170.0), False, -1, 2)


@pytest.mark.parametrize(
    ("shape", "rank"), [((4, 5), 3), ((4, 5), 1), ((4, 5, 3), 3), ((4, 5, 3), 1), ((6, 3), 2)]
)
def test_the_order_of_a_thermometer_of_images(shape: tuple[int, ...], rank: int) -> None:
    """A host that does as the record says makes the accelerator's elements."""
    x = np.random.default_rng(0).normal(0, 50, (20, *shape))
    prepared, names = of_arrays(x, rank, input="thermometer", levels=3)
    rules = names.preprocessing
    assert isinstance(rules, SampleThermometer)
    learned = prepared.data.train.x
    assert learned.ndim == 1 + rank
    stream = np.moveaxis(learned, 1, -1)
    assert np.array_equal(rules.codes(x.reshape(len(x), -1)), stream.reshape(len(x), -1))
    assert rules.elements == learned[0].size


@pytest.mark.parametrize(
    ("shape", "rank", "size"),
    [((6, 5), 3, [4, 3]), ((6, 5), 1, 3), ((6, 5, 3), 3, 4), ((6, 5, 3), 1, [6, 2]), ((6, 3), 2, 4)],
)
@pytest.mark.parametrize("kind", ["thermometer", "range", "standardize"])
def test_a_resize_travels(shape: tuple[int, ...], rank: int, size: int | list[int], kind: str) -> None:
    """A host that does as the record says makes what training has learned from."""
    x = np.random.default_rng(0).integers(-50, 90, (20, *shape), np.int8)
    prepared, names = of_arrays(x, rank, input=kind, levels=3, size=size)
    learned, rules = prepared.data.train.x, names.preprocessing
    assert prepared.stored.train.x is x
    if kind == "thermometer":
        assert isinstance(rules, SampleThermometer)
        stream = np.moveaxis(learned, 1, -1)
        assert np.array_equal(rules.codes(x.reshape(len(x), -1)), stream.reshape(len(x), -1))
    else:
        assert isinstance(rules, ResizedSamples)
        resized = np.moveaxis(rules.resize(x.reshape(len(x), -1)), -1, 1)
        assert np.array_equal(resized.reshape(learned.shape), learned)
        assert rules.places_last == (rank == 1)
    assert rules.elements == learned[0].size
