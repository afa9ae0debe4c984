"""Softmax, ArgMax and TopK at the end."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from support.cases import case_agrees
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from bnngen.base.errors import DataError, ModelError
from bnngen.frontend import import_onnx
from bnngen.numbers.datatypes import IntType
from bnngen.passes.lower import lower
from bnngen.reference.data_file import load_data, quantize
from bnngen.reference.output_file import write_outputs
from bnngen.reports.model import summarize
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 2.0], [0.0, 1.0, -1.0], [3.0, -3.0, 1.0], [1.0, -2.0, 3.0]])


def scores(model: File) -> str:
    """Five scores, of which the first and the last are always equal."""
    return model.node("MatMul", model.bipolar("x"), WEIGHTS.T)


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("axis", [{}, {"axis": 1}, {"axis": -1}])
def test_softmax(opset: int, axis: dict[str, Any]) -> None:
    model = File(3, opset=opset)
    scaled = model.node("Mul", scores(model), [0.5, 1.0, 2.0, -1.0, 0.5])
    network = agrees(model, model.node("Softmax", scaled, **axis))
    assert network.host.head is not None


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("keep", [0, 1])
def test_argmax(axis: int, keep: int) -> None:
    model = File(3)
    network = agrees(model, model.node("ArgMax", scores(model), axis=axis, keepdims=keep))
    assert network.class_index


@pytest.mark.parametrize("scale", [2.0, 0.375, -1.0])
def test_argmax_of_scaled_scores(scale: float) -> None:
    model = File(3)
    scaled = model.node("Add", model.node("Mul", scores(model), scale), 5.0)
    agrees(model, model.node("ArgMax", model.node("Softmax", scaled), axis=1))


def test_argmax_of_codes() -> None:
    model = File(3)
    network = agrees(model, model.node("ArgMax", model.quant(scores(model), 1.0, 3.0), axis=1))
    assert [layer.op.kind for layer in network.layers] == ["Dense", "ArgMax"]


@pytest.mark.parametrize("opset", [9, 11, 13])
def test_topk_of_one(opset: int) -> None:
    model = File(3, opset=opset)
    more = [] if opset == 9 else [np.array([1])]
    attributes: dict[str, Any] = {"k": 1} if opset == 9 else {}
    agrees(model, model.node("TopK", scores(model), *more, outputs=2, axis=1, **attributes))


def test_activations_of_zero_and_one_in_front_of_the_last_layer() -> None:
    """The bits stay {0, 1}: as {-1, +1} they would give each class its own offset, which an argmax can't have."""
    model = File(3)
    bits = model.quant(scores(model), 1.0, 1.0, signed=0)
    last = model.node("MatMul", bits, np.where(WEIGHTS > 0, 1.0, -1.0))
    network = agrees(model, model.node("ArgMax", last, axis=1))
    assert str(network.layers[1].op.input_type) == str(IntType(0, 1))


@pytest.mark.parametrize("factor", [[1.0, 1.0, 1.0, 1.0, 2.0], [1.0, -1.0, 0.5, 1.0, 1.0]])
@pytest.mark.parametrize("add", [0.0, [0.3, -1.2, 0.3, 2.0, 0.3], [0.5, 0.25, -0.5, 0.0, 1.5]])
def test_a_scale_and_an_offset_for_each_class_in_front_of_an_argmax(factor: list[Any], add: Any) -> None:
    """Small multiples of one number become weights, and offsets the argmax's; ties stay ties."""
    model = File(3)
    scaled = model.node("Add", model.node("Mul", scores(model), factor), add)
    network = agrees(model, model.node("ArgMax", scaled, axis=1))
    verilog_agrees(network, 1_000_000)


@pytest.mark.parametrize("function", ["Softmax", "LogSoftmax", "Sigmoid"])
def test_weight_scales_in_front_of_an_argmax(function: str) -> None:
    model = File(3)
    w = model.bipolar(WEIGHTS, np.array([[1.0], [2.0], [1.0], [-3.0], [1.0]]))
    sums = model.node("Gemm", model.bipolar("x"), w, np.arange(5) / 8, transB=1, name="fc")
    agrees(model, model.node("ArgMax", model.node(function, sums), axis=1))


def test_scales_of_classes_without_a_common_unit_are_refused() -> None:
    model = File(3)
    scaled = model.node("Mul", scores(model), [1.0, 1.001, 1.0, 1.0, 1.0], name="scale")
    refuses(
        model,
        model.node("ArgMax", scaled, axis=1),
        "layer 'scale': gives each class its own scale in front of an argmax, and these are no small multiples of "
        "one number, so that integers can't compare them; use one scale for all classes, or build with the scores "
        "as output",
    )


def over(function: str, axis: int) -> dict[str, Any]:
    """The axis of a function that has one."""
    return {} if function == "Sigmoid" else {"axis": axis}


MAPS = [(3, 4, 5), (3, 6)]


def score_map(model: File, classes: int = 3) -> str:
    """Scores of each position, with an offset for each class."""
    spatial = model.shape[1:]
    kernel = (3,) * len(spatial)
    conv = model.node(
        "Conv", model.quant("x", 0.5), signs(classes, model.shape[0], *kernel), pads=[1] * 2 * len(spatial)
    )
    return model.node("Add", conv, (np.arange(classes) / 3).reshape(-1, *(1,) * len(spatial)))


@pytest.mark.parametrize("shape", MAPS)
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("function", ["Softmax", "Sigmoid", None])
def test_argmax_of_each_position(shape: tuple[int, ...], keep: int, function: str | None) -> None:
    model = File(*shape)
    y = score_map(model)
    if function is not None:
        y = model.node(function, y, **over(function, 1))
    network = agrees(model, model.node("ArgMax", y, axis=1, keepdims=keep))
    assert not network.class_index
    x = np.random.default_rng(0).integers(-8, 9, (3, *shape)) / 4
    y_int = network.run(quantize(x, network))
    assert network.classes(y_int).shape == (3, *((1,) if keep else ()), *shape[1:])
    assert np.array_equal(network.classes(y_int), network.host.real_outputs(y_int))
    assert network.classes_out == 3


def test_labels_and_outputs_of_class_maps(tmp_path: Path) -> None:
    model = File(2, 3, 4)
    network = agrees(model, model.node("ArgMax", score_map(model), axis=1, keepdims=0))
    x = np.random.default_rng(0).integers(-8, 9, (5, 2, 3, 4)) / 4
    labels = np.random.default_rng(1).integers(0, 3, (5, 3, 4))
    np.savez(tmp_path / "data.npz", x=x, y=labels)
    data = load_data(tmp_path / "data.npz", network)
    assert data.labels is not None
    y = network.run(data.codes)
    write_outputs(tmp_path / "y.npz", network, y)
    with np.load(tmp_path / "y.npz") as found:
        assert found["class"].shape == found["y"].shape == data.labels.shape == (5, 3, 4)
        assert found["y_int"].shape == (5, 12)
    assert summarize(network).host == "output: 12 class indices"
    np.savez(tmp_path / "data.npz", x=x, y=labels[:, 0, 0])
    with pytest.raises(
        DataError, match=r"y must be 60 class labels of shape \(5, 3, 4\), integers, not int64"
    ):
        load_data(tmp_path / "data.npz", network)


@pytest.mark.parametrize("shape", MAPS)
def test_class_maps_down_to_the_verilog(shape: tuple[int, ...]) -> None:
    model = File(*shape)
    verilog_agrees(agrees(model, model.node("ArgMax", score_map(model), axis=1, keepdims=0)), 1_000_000)


def test_topk_of_each_position() -> None:
    model = File(2, 3, 4)
    y = score_map(model, 4)
    agrees(model, model.node("TopK", y, np.array([1]), outputs=2, axis=1))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_argmax_along_any_axis_behind_the_batch(axis: int) -> None:
    """Where it is not that of the channels, elements would have to change places."""
    model = File(3, 4, 5)
    y = model.node("ArgMax", score_map(model), axis=axis, keepdims=0)
    if axis == 1:
        agrees(model, y)
        return
    with (
        TemporaryDirectory() as folder,
        pytest.raises(ModelError, match="whose elements stream in another order"),
    ):
        lower(import_onnx(model.save(Path(folder) / "model.onnx", y)))


@pytest.mark.parametrize("function", ["Softmax", "LogSoftmax", "Sigmoid"])
@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize("axis", [1, 2, 3])
def test_functions_of_maps(function: str, opset: int, axis: int) -> None:
    """Over any axis; up to opset 12 over all behind it too."""
    model = File(3, 4, 5, opset=opset)
    scaled = model.node("Mul", score_map(model), np.array([0.5, 1.0, -2.0]).reshape(3, 1, 1))
    network = agrees(model, model.node(function, scaled, **over(function, axis)))
    x = np.random.default_rng(0).integers(-8, 9, (3, 3, 4, 5)) / 4
    y = network.run(quantize(x, network))
    if function == "Softmax" and opset == 13:
        assert np.array_equal(network.classes(y), network.host.real_outputs(y).argmax(axis=axis))


def test_a_function_in_front_of_a_flatten() -> None:
    model = File(3, 2, 2)
    agrees(model, model.node("Flatten", model.node("Softmax", score_map(model), axis=1)))


def test_a_sigmoid_of_great_numbers() -> None:
    model = File(3)
    agrees(model, model.node("Sigmoid", model.node("Mul", scores(model), 1e4)))


def test_a_softmax_over_another_axis_than_the_argmax_is_refused() -> None:
    model = File(3, 4, 5)
    y = model.node("Softmax", score_map(model), axis=2, name="soft")
    refuses(
        model,
        model.node("ArgMax", y, axis=1),
        "layer 'soft': Softmax works on real numbers here",
    )


@pytest.mark.parametrize("name", ["seg_argmax.q", "jsc_logsoftmax.q"])
def test_cases(shared: Path, name: str) -> None:
    case_agrees(shared, name)


@pytest.mark.parametrize(
    ("op", "more", "attributes", "problem"),
    [
        (
            "ArgMax",
            [],
            {"axis": 0},
            "works over the scores of each frame, not over axis 0 of (1, 5), the batch",
        ),
        ("ArgMax", [], {}, "works over the scores of each frame, not over axis 0 of (1, 5), the batch"),
        (
            "Softmax",
            [],
            {"axis": 0},
            "works over the scores of each frame, not over axis 0 of (1, 5), the batch",
        ),
        (
            "ArgMax",
            [],
            {"axis": 1, "select_last_index": 1},
            "with select_last_index = 1 is not supported; the lowest index wins a tie",
        ),
        ("TopK", [[2]], {}, "is supported as the one largest score only, not with k = 2"),
        ("TopK", [[1]], {"largest": 0}, "is supported as the one largest score only, not as the smallest"),
    ],
)
def test_heads_that_are_refused(op: str, more: list[Any], attributes: dict[str, Any], problem: str) -> None:
    model = File(3)
    out = model.node(
        op,
        scores(model),
        *(np.array(m) for m in more),
        name="head",
        outputs=2 if op == "TopK" else 1,
        **attributes,
    )
    refuses(model, out, f"layer 'head': {op} {problem}")


@pytest.mark.parametrize("op", ["Softmax", "Mul", "Conv"])
def test_nothing_works_on_a_class_index(op: str) -> None:
    model = File(3)
    best = model.node("ArgMax", model.node("MatMul", model.bipolar("x"), np.eye(3)), axis=1)
    if op == "Conv":
        best = model.node("MatMul", best, np.ones((1, 2)), name="op")
    else:
        best = model.node(op, best, *([2.0] if op == "Mul" else []), name="op")
    refuses(model, best, "layer 'op': works on a class index; an ArgMax or TopK may stand at the end only")
