"""Everything in the way of a file at once: the first error among it, and no consequences of others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.frontend.limits import MOST_NODES
from bnngen.passes.diagnosis import Diagnosis, diagnose
from bnngen.passes.from_file import load
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File

UNKNOWN = ModelError("nobody", "has said this; do that")
REAL = np.random.default_rng(0).normal(0, 1, (8, 8))
"""Weights that are no integers, nor these times a number."""
SECONDS = 20
"""Of processor time; most of it is what reading and lowering take anyway."""


def error_of(path: Path) -> ModelError:
    with pytest.raises(ModelError) as error:
        lower(import_onnx(path))
    return error.value


def diagnosed(model: File, path: Path, *outputs: str) -> Diagnosis:
    """What is found in a file; the error that loading ends with must be part of it."""
    saved = model.save(path / "model.onnx", *outputs)
    diagnosis = diagnose(saved, UNKNOWN)
    found = [problem for problem in diagnosis.problems if problem.layer != "nobody"]
    first = str(error_of(saved))
    assert any(first.startswith(f"layer '{p.layer}") and p.remedy in first for p in found), first
    return Diagnosis(diagnosis.layers, tuple(found))


def layers(diagnosis: Diagnosis) -> list[str]:
    return [problem.layer for problem in diagnosis.problems]


def test_faults_of_the_reader_and_of_the_rewrites_together(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("Gelu", model.bipolar("x", name="q0"), name="gelu")
    x = model.node("MatMul", model.bipolar(x, name="q1"), np.ones((4, 3)), name="fc1")
    x = model.node("Relu", x, name="relu")  # nothing quantises it
    x = model.node("MatMul", x, np.ones((3, 3)), name="fc2")
    x = model.node("Sign", x, name="sign")
    x = model.node("MatMul", x, np.ones((3, 2)), name="fc3")
    x = model.node("Sign", x, name="sign2")  # of three bipolar products: never 0, once "sign" is put right
    diagnosis = diagnosed(model, tmp_path, x)
    assert [(p.layer, p.operator) for p in diagnosis.problems] == [("gelu", "Gelu"), ("relu", "Relu")]
    assert diagnosis.problems[1].reason == "Relu works on real numbers here"
    assert diagnosis.problems[1].remedy == "quantise its result, or remove it"
    states = {layer.name: layer.state for layer in diagnosis.layers}
    assert states == {n: "refused" if n in ("gelu", "relu") else "read" for n in states}


def test_each_sum_with_odd_scales(tmp_path: Path) -> None:
    """And nothing of the layers that read them."""
    model = File(4)
    x = model.quant("x", 0.1, name="q")
    for k in range(3):
        left, right = (model.node("MatMul", x, np.ones((4, 4)), name=f"fc{k}{s}") for s in "ab")
        left, right = model.quant(left, 0.1), model.quant(right, float(np.float32(np.sqrt(2))))
        x = model.bipolar(model.node("Add", left, right, name=f"add{k}"))
    diagnosis = diagnosed(model, tmp_path, model.node("MatMul", x, np.ones((4, 2))))
    assert layers(diagnosis) == ["add0", "add1", "add2"]
    assert diagnosis.problems[0].remedy == "quantise both sides of the sum with one scale"


def test_ends(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("MatMul", "x", np.ones((4, 3)), name="fc1")
    x = model.node("Relu", x, name="relu")
    diagnosis = diagnosed(model, tmp_path, x)
    assert layers(diagnosis) == ["fc1", "relu"]


def test_two_readers_of_the_input(tmp_path: Path) -> None:
    model = File(4)
    a, b = model.bipolar("x", name="a"), model.quant("x", 0.5, name="b")
    x = model.node("MatMul", model.node("Concat", a, b, axis=1), REAL[:, :2], name="fc")
    assert layers(diagnosed(model, tmp_path, x)) == ["x", "fc"]


def test_a_class_that_is_computed_with(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("MatMul", model.bipolar("x"), np.ones((4, 3)))
    x = model.node("ArgMax", x, axis=1, name="head")
    x = model.node("Mul", x, np.float32(2), name="twice")
    assert layers(diagnosed(model, tmp_path, x)) == ["twice"]


def test_sums_that_are_too_long(tmp_path: Path) -> None:
    model = File(64)
    x = model.quant("x", 1.0, bits=8.0)
    for k in range(7):
        x = model.node("MatMul", x, np.full((64, 64), 127.0), name=f"fc{k}")
    assert layers(diagnosed(model, tmp_path, x)) == ["fc4"]


def test_numbers_that_are_too_long_are_taken_out_one_by_one(tmp_path: Path) -> None:
    model = File(3)
    x = model.bipolar("x")
    for k in range(2):
        x = model.node("MatMul", x, np.ones((3, 600)), name=f"fc{k}")
        x = model.node("Add", x, model.node("Sqrt", np.arange(2.0, 602)), name=f"add{k}")
        x = model.bipolar(model.node("MatMul", x, np.ones((600, 3)), name=f"sum{k}"))
    assert layers(diagnosed(model, tmp_path, x))[:1] == ["sum0"]


def test_a_file_that_is_refused_as_a_whole(tmp_path: Path) -> None:
    model, x = File(3), "x"
    for _ in range(MOST_NODES + 1):
        x = model.node("Identity", x)
    diagnosis = diagnosed(model, tmp_path, x)
    assert len(diagnosis.layers) == MOST_NODES + 1
    assert layers(diagnosis) == ["network"]


def test_thousands_of_faults_take_seconds(tmp_path: Path) -> None:
    model = File(8)
    x = model.bipolar("x")
    for k in range(MOST_NODES // 16):
        x = model.node("MatMul", x, REAL if k % 2 else np.ones((8, 8)))
        x = model.node("Gelu" if k % 3 else "Relu", x)
        x = model.node("Add", x, np.ones(8))
        x = model.bipolar(x)
    path, start = model.save(tmp_path / "model.onnx", x), time.process_time()
    diagnosis = diagnose(path, UNKNOWN)
    assert time.process_time() - start < SECONDS
    assert len(diagnosis.problems) > MOST_NODES // 16


def test_the_error_of_a_small_file_says_how_many_there_are(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("Gelu", model.node("Gelu", model.bipolar("x"), name="a"), name="b")
    path = model.save(tmp_path / "model.onnx", x)
    with pytest.raises(ModelError) as error:
        load(path)
    assert error.value.layer == "a"
    assert error.value.others == f" (bnngen inspect {path} shows all 2 reasons)"


def test_one_reason_alone_is_said_without_more(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("MatMul", model.node("Gelu", model.bipolar("x")), np.ones((4, 2)))
    with pytest.raises(ModelError) as error:
        load(model.save(tmp_path / "model.onnx", x))
    assert error.value.others == ""


@pytest.mark.parametrize("folder", ["faults", "import"])
def test_the_first_error_is_among_those_of_every_case(shared: Path, folder: str) -> None:
    """And each has a reason and a remedy."""
    checked = 0
    for path in sorted((shared / "cases" / folder).glob("*.onnx")):
        try:
            lower(import_onnx(path))
            continue
        except ModelError as error:
            first = error
        problems = [p for p in diagnose(path, UNKNOWN).problems if p.layer != "nobody"]
        assert all(p.reason and p.remedy for p in problems), path
        assert any(p.remedy in str(first) or p.reason in str(first) for p in problems), path
        checked += 1
    assert checked


BEHIND: dict[str, Callable[[File, str], str]] = {
    "product": lambda m, x: m.node("MatMul", x, np.ones((4, 4))),
    "batch norm": lambda m, x: m.node("BatchNormalization", x, *np.ones((4, 4))),
    "clip": lambda m, x: m.node("Relu", x),
    "sum": lambda m, x: m.node("Add", x, m.node("MatMul", m.bipolar("x"), np.ones((4, 4)))),
    "concat": lambda m, x: m.node("Slice", m.node("Concat", x, x, axis=1), *map(np.array, ([0], [4], [1]))),
}


@pytest.mark.parametrize("kind", BEHIND)
def test_what_follows_from_a_fault_is_no_fault(tmp_path: Path, kind: str) -> None:
    model = File(4)
    x = model.node("Gelu", model.bipolar("x"), name="gelu")
    x = model.bipolar(BEHIND[kind](model, x))
    x = model.node("MatMul", x, np.ones((4, 2)))
    assert layers(diagnosed(model, tmp_path, x)) == ["gelu"]


def test_reasons_are_whole_sentences(tmp_path: Path) -> None:
    model = File(4)
    x = model.node("MatMul", model.bipolar("x"), REAL[:4, :3], name="fc")
    (problem,) = diagnosed(model, tmp_path, x).problems
    assert problem.reason.startswith("MatMul has weights that are not integers of at most 8 bits")
    assert problem.remedy.startswith(
        "an exporter that folds constants or a batch norm into quantised weights"
    )
