"""Softmax, ArgMax and TopK at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses

from bnngen.numbers.datatypes import IntType
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
    assert network.host.softmax


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


@pytest.mark.parametrize("factor", [[1.0, 1.0, 1.0, 1.0, 2.0], [1.0, -1.0, 1.0, 1.0, 1.0]])
def test_a_scale_for_each_class_in_front_of_an_argmax_is_refused(factor: list[Any]) -> None:
    model = File(3)
    scaled = model.node("Mul", scores(model), factor, name="scale")
    refuses(
        model,
        model.node("ArgMax", scaled, axis=1),
        "layer 'scale': gives each class its own scale or offset in front of an argmax, which integers can't "
        "compare; use one scale for all classes, or build with the scores as output",
    )


def test_weight_scales_in_front_of_an_argmax_are_refused() -> None:
    model = File(3)
    w = model.bipolar(WEIGHTS, np.array([[1.0], [2.0], [1.0], [1.0], [1.0]]))
    sums = model.node("Gemm", model.bipolar("x"), w, transB=1, name="fc")
    refuses(
        model,
        model.node("ArgMax", sums, axis=1),
        "layer 'fc_scale': gives each class its own scale or offset in front of an argmax, which integers can't "
        "compare; use one scale for all classes, or build with the scores as output",
    )


@pytest.mark.parametrize(
    ("op", "more", "attributes", "problem"),
    [
        (
            "ArgMax",
            [],
            {"axis": 0},
            "works over the scores of a tensor (N, classes), not over axis 0 of (1, 5)",
        ),
        ("ArgMax", [], {}, "works over the scores of a tensor (N, classes), not over axis 0 of (1, 5)"),
        (
            "Softmax",
            [],
            {"axis": 0},
            "works over the scores of a tensor (N, classes), not over axis 0 of (1, 5)",
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


def test_the_scores_of_an_image_are_refused() -> None:
    model = File(3, 2, 2)
    refuses(
        model,
        model.node("Softmax", "x", name="head", axis=1),
        "layer 'head': Softmax works over the scores of a tensor (N, classes), not over axis 1 of (1, 3, 2, 2)",
    )


@pytest.mark.parametrize("op", ["Softmax", "Mul", "Conv"])
def test_nothing_works_on_a_class_index(op: str) -> None:
    model = File(3)
    best = model.node("ArgMax", model.node("MatMul", model.bipolar("x"), np.eye(3)), axis=1)
    if op == "Conv":
        best = model.node("MatMul", best, np.ones((1, 2)), name="op")
    else:
        best = model.node(op, best, *([2.0] if op == "Mul" else []), name="op")
    refuses(model, best, "layer 'op': works on a class index; an ArgMax or TopK may stand at the end only")
