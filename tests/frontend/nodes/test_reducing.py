"""Reductions over axes: pools, products with ones, and constants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.cases import case_agrees
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from bnngen.numbers.datatypes import BIPOLAR
from bnngen.ops.dense import Dense
from tests.frontend.onnx_file import File

LATENT = np.random.default_rng(0).normal(size=(3, 4))
KINDS = ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"]
AXES_ARE_INPUTS = 18
"""From this opset on for all kinds."""


def reduced(model: File, kind: str, tensor: str, axes: list[int], **attributes: Any) -> str:
    if model.opset >= AXES_ARE_INPUTS or (kind == "ReduceSum" and model.opset >= 13):
        return model.node(kind, tensor, np.array(axes), **attributes)
    return model.node(kind, tensor, axes=axes, **attributes)


def ended(model: File, tensor: str, features: int) -> str:
    """A dense layer behind it, which needs the flattened order to be right."""
    return model.node("MatMul", model.node("Reshape", tensor, np.array([-1, features])), signs(features, 3))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("opset", [11, 13, 18])
@pytest.mark.parametrize(
    ("shape", "axes", "left"),
    [((3, 4, 2), [2, 3], 3), ((3, 5), [-1], 3), ((3, 4, 2), [-2], 6), ((3, 4, 2), [3], 12)],
)
def test_axes_behind_the_channels(
    kind: str, keep: int, opset: int, shape: tuple[int, ...], axes: list[int], left: int
) -> None:
    model = File(*shape, opset=opset)
    conv = model.node("Conv", model.quant("x", 0.5), signs(3, 3, *(1,) * (len(shape) - 1)))
    y = reduced(model, kind, model.quant(conv, 0.75, bits=3.0), axes, keepdims=keep)
    if keep:
        y = model.node("Add", y, (np.arange(3) / 4).reshape(3, *(1,) * (len(shape) - 1)))
    agrees(model, ended(model, model.quant(y, 0.5, bits=3.0), left))


@pytest.mark.parametrize("kind", ["ReduceMean", "ReduceSum"])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize(
    ("shape", "axes"), [((3, 4, 2), [1]), ((4,), [1]), ((3, 4, 2), [1, 2, 3]), ((3, 4), [1, 2])]
)
def test_sums_over_the_channels(kind: str, keep: int, shape: tuple[int, ...], axes: list[int]) -> None:
    model = File(*shape)
    agrees(model, reduced(model, kind, model.quant("x", 0.5), axes, keepdims=keep))


@pytest.mark.parametrize("kind", KINDS)
def test_over_time(kind: str) -> None:
    """Of (N, T, features) what is left is the features: they are the channels."""
    model = File(5, 3)
    x = model.quant("x", 0.5, bits=3.0)
    x = model.quant(model.node("MatMul", x, signs(3, 4)), 1.0, bits=3.0)
    agrees(model, ended(model, reduced(model, kind, x, [1], keepdims=0), 4))


@pytest.mark.parametrize("kind", KINDS)
def test_down_to_the_verilog(kind: str) -> None:
    model = File(3, 4, 3)
    x = model.quant("x", 0.5, bits=3.0)
    y = model.quant(reduced(model, kind, x, [2, 3], keepdims=0), 0.5, bits=3.0)
    verilog_agrees(agrees(model, ended(model, y, 3)), 1_000_000)
    model = File(3, 4, 3)
    rows = reduced(model, kind, model.quant("x", 0.5, bits=3.0), [2], keepdims=1)
    verilog_agrees(agrees(model, ended(model, model.quant(rows, 0.5, bits=3.0), 9)), 1_000_000)


@pytest.mark.parametrize("axes", [{}, {"axes": []}])
def test_no_axes(axes: dict[str, Any]) -> None:
    model = File(3)
    x = model.quant("x", 0.5)
    y = model.node("ReduceSum", x, *([np.array([], np.int64)] if axes else []), noop_with_empty_axes=1)
    agrees(model, model.node("MatMul", y, signs(3, 2)))


def test_of_constants() -> None:
    model = File(4)
    rows = model.node("ReduceSum", np.arange(8).reshape(4, 2), np.array([0]), keepdims=0)
    mean = model.node("ReduceMean", np.array([0.5, 1.0, 4.0]), keepdims=0)
    least = model.node("ReduceMin", np.array([[7, -2], [3, 9]]), axes=[1])
    product = model.node("ReduceProd", np.array([2, 2, 1]), axes=[0])
    y = model.node("MatMul", model.quant("x", 0.5), signs(4, 2))
    y = model.node("Add", model.node("Mul", y, mean), model.node("Cast", rows, to=11))
    for known in (least, product):
        y = model.node("Add", y, model.node("Reshape", model.node("Cast", known, to=11), np.array([1, -1])))
    agrees(model, y)


REFUSED: dict[str, tuple[list[int], dict[str, Any], str]] = {
    "the batch": (
        [0],
        {},
        "ReduceMax over the axes [0] of (1, 3, 4, 2) mixes the frames of a batch; name the axes behind it",
    ),
    "everything": (
        [],
        {},
        "ReduceMax over the axes [0, 1, 2, 3] of (1, 3, 4, 2) mixes the frames of a batch; name the axes behind it",
    ),
    "the channels": (
        [1],
        {},
        "ReduceMax over the axes [1] of (1, 3, 4, 2) compares channels with each other; accepted are the axes "
        "behind the channels",
    ),
    "no such axis": ([4], {}, "ReduceMax works on axis 4 of a tensor that has 4"),
    "twice": ([2, -2], {}, "ReduceMax names an axis twice: [2, -2]"),
}


def given(axes: list[int]) -> dict[str, Any]:
    return {"axes": axes} if axes else {}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    axes, attributes, problem = REFUSED[name]
    model = File(3, 4, 2)
    y = model.node("ReduceMax", model.quant("x", 0.5), **given(axes), **attributes, name="op")
    refuses(model, y, f"layer 'op': {problem}")


def test_products_of_elements_are_refused() -> None:
    model = File(3, 4)
    refuses(
        model,
        model.node("ReduceProd", model.quant("x", 0.5), axes=[2], name="op"),
        "layer 'op': ReduceProd multiplies elements of a computed tensor with each other, which is not supported",
    )


def test_case(shared: Path) -> None:
    case_agrees(shared, "mean_dims.q")


@pytest.mark.parametrize("op", ["ReduceMean", "ReduceSum", "ReduceMax", "ReduceL1"])
@pytest.mark.parametrize("axes", [None, [1], [0, 1], [-1]])
@pytest.mark.parametrize("keepdims", [0, 1])
@pytest.mark.parametrize("opset", [11, 18])
def test_a_scale_of_the_weights(op: str, axes: list[int] | None, keepdims: int, opset: int) -> None:
    model = File(4, opset=opset)
    absolute = model.node("Abs", LATENT)
    inputs: list[Any] = [absolute] if axes is None or opset < 18 else [absolute, np.array(axes)]
    given: dict[str, Any] = {"axes": axes} if axes is not None and opset < 18 else {}
    alpha = model.node(op, *inputs, keepdims=keepdims, **given)
    if not keepdims and axes in ([1], [-1]):
        alpha = model.node("Reshape", alpha, np.array([3, 1]))
    weights = model.node("Mul", model.node("Sign", LATENT), alpha)
    network = agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=1))
    layer = network.layers[0].op
    assert isinstance(layer, Dense)
    assert layer.weight_type == BIPOLAR
