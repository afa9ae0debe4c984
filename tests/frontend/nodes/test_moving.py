"""Operators that put elements elsewhere, against the reference evaluator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs

from bnngen.reference.network import Network
from tests.frontend.onnx_file import File


def ended(model: File, tensor: str, features: int) -> str:
    return model.node("MatMul", model.node("Flatten", model.bipolar(tensor)), signs(features, 3))


def kinds(network: Network) -> list[str]:
    return [type(layer.op).__name__ for layer in network.layers]


@pytest.mark.parametrize("axis", [1, -3])
@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.5, 0.25), (0.3, -0.7)])
def test_concat_before_the_quantizer(axis: int, scales: tuple[Any, ...]) -> None:
    """Real numbers of any scales: each part gets the thresholds of its channels."""
    model = File(2, 4, 3)
    x = model.quant("x", 0.5, bits=3.0)
    sides = [model.node("Mul", model.node("Conv", x, signs(k + 1, 2, 1, 1)), scales[k]) for k in (0, 1)]
    joined = model.node("Add", model.node("Concat", *sides, axis=axis), 0.1)
    assert kinds(agrees(model, ended(model, joined, 36))) == ["Conv2d", "Conv2d", "Concat", "Dense"]


@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.5, 0.25), (1.0, 0.75)])
def test_concat_of_codes(scales: tuple[Any, ...]) -> None:
    """Types and scales may differ: they meet in the weights behind it."""
    model = File(2, 5)
    x = model.quant("x", scales[0], bits=3.0)
    bits = model.bipolar(model.node("Conv", x, signs(3, 2, 1)), scales[1])
    joined = model.node("Concat", bits, x, axis=1)
    hidden = model.node("Conv", joined, signs(2, 5, 3), pads=[1, 1])
    agrees(model, ended(model, model.node("Add", hidden, 0.1), 10))


def test_concat_of_a_tensor_with_itself() -> None:
    model = File(3)
    y = model.quant(model.node("MatMul", model.bipolar("x"), signs(3, 3)), 0.5, bits=3.0)
    agrees(model, model.node("MatMul", model.node("Concat", y, y, axis=1), signs(6, 2)))


def test_concat_of_flattened_maps() -> None:
    model = File(2, 3, 2)
    x = model.quant("x", 0.5, bits=3.0)
    side = model.quant(model.node("Conv", x, signs(1, 2, 1, 1)), 0.5, bits=3.0)
    flat = [model.node("Flatten", y) for y in (x, side, x)]
    agrees(
        model, model.node("MatMul", model.node("Concat", *flat, axis=1), np.arange(90.0).reshape(30, 3) - 45)
    )


SPLITS: dict[str, tuple[int, Callable[..., Any]]] = {
    "attribute": (11, lambda m, x: ((x,), {"split": [1, 3]})),
    "input": (13, lambda m, x: ((x, np.array([1, 3])), {})),
    "equal parts": (13, lambda m, x: ((x,), {})),
    "a number of parts": (18, lambda m, x: ((x,), {"num_outputs": 2})),
}


@pytest.mark.parametrize("case", SPLITS)
def test_split(case: str) -> None:
    """One part goes through a convolution, the other around it."""
    opset, arguments = SPLITS[case]
    model = File(2, 3, 3, opset=opset)
    x = model.quant("x", 0.5, bits=3.0)
    y = model.quant(model.node("Conv", x, signs(4, 2, 1, 1)), 0.5, bits=3.0)
    inputs, attributes = arguments(model, y)
    second = model.node("Split", *inputs, outputs=2, axis=1, **attributes)
    first, size = second.replace("_1", "_0"), 1 if "parts" not in case else 2
    side = model.quant(model.node("Conv", first, signs(2, size, 3, 3), pads=[1] * 4), 0.5, bits=3.0)
    network = agrees(model, ended(model, model.node("Concat", side, second, axis=1), (6 - size) * 9))
    assert kinds(network).count("Slice") == 2


def test_split_of_sums() -> None:
    """Behind a batch norm: its parameters go with the channels."""
    model = File(3)
    y = model.node("MatMul", model.bipolar("x"), signs(3, 4))
    y = model.node("Relu", model.node("Mul", model.node("Add", y, 0.3), np.array([1.0, -2.0, 0.5, 3.0])))
    second = model.node("Split", y, outputs=2, axis=1)
    ends = [model.node("MatMul", model.bipolar(t), signs(2, 2)) for t in (second, second.replace("_1", "_0"))]
    agrees(model, model.node("Add", *ends))


SLICES = [([1], [3], [1], [1]), ([-3], [99], [1], [1]), ([0, 0], [9, 2], [2, 1], [1, 1])]


@pytest.mark.parametrize(("starts", "ends", "axes", "steps"), SLICES)
def test_slice(starts: list[Any], ends: list[Any], axes: list[Any], steps: list[Any]) -> None:
    model = File(4, 3)
    x = model.quant("x", 0.5, bits=3.0)
    cut = model.node("Slice", x, *(np.array(v) for v in (starts, ends, axes, steps)))
    features = (3 if starts == [-3] else 2) * 3
    agrees(model, ended(model, model.node("Add", cut, 0.1), features))


RESIZES: dict[str, tuple[int, str, tuple[Any, ...], dict[str, Any]]] = {
    "as torch exports it": (
        13,
        "Resize",
        ("", "", 2.0),
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    ),
    "half pixel": (13, "Resize", ("", "", 3.0), {}),
    "opset 10": (10, "Resize", (2.0,), {}),
    "upsample": (9, "Upsample", (2.0,), {}),
}


@pytest.mark.parametrize("shape", [(2, 3, 2), (2, 4)])
@pytest.mark.parametrize("case", RESIZES)
def test_resize(case: str, shape: tuple[int, ...]) -> None:
    opset, op, inputs, attributes = RESIZES[case]
    factor, rank = int(inputs[-1]), len(shape) - 1
    scales = np.array([1.0, 1.0, *[inputs[-1]] * rank], np.float32)
    model = File(*shape, opset=opset)
    x = model.quant("x", 0.5, bits=3.0)
    middle = inputs[1:-1]
    large = model.node(op, x, *middle, scales, mode="nearest", **attributes)
    hidden = model.node("Conv", large, signs(1, 2, *[3] * rank), pads=[1, 1] * rank)
    features = int(np.prod(shape[1:])) * factor**rank
    assert "Upsample" in kinds(agrees(model, ended(model, hidden, features)))


def test_resize_to_sizes() -> None:
    model = File(2, 3, 2)
    y = model.node("Conv", model.bipolar("x"), signs(1, 2, 1, 1))
    large = model.node("Resize", y, "", "", np.array([1, 1, 6, 6]), mode="nearest")
    network = agrees(model, ended(model, large, 36), x=np.random.default_rng(0).normal(0, 1, (1, 2, 3, 2)))
    assert network.layers[0].op.output_type.bipolar  # the quantiser comes first


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "rows": (
        lambda m, x: m.node("Concat", x, x, axis=2),
        "layer 'Concat1': Concat along axis 2 of (1, 2, 3, 2) is not supported; accepted is 1, that of the channels",
    ),
    "a constant beside a tensor": (
        lambda m, x: m.node("Concat", x, np.zeros((1, 1, 3, 2)), axis=1),
        "layer 'Concat1': Concat takes a computed tensor as its input 1, not a constant",
    ),
    "crops": (
        lambda m, x: m.node("Slice", x, np.array([0]), np.array([2]), np.array([2])),
        "layer 'Slice1': Slice of the axis 2 by 1 is not supported; it may cut channels, by 1",
    ),
    "parts": (
        lambda m, x: m.node("Split", x, np.array([1, 2]), outputs=2, axis=1),
        "layer 'Split1': Split makes 2 parts of [1, 2] of 2 channels",
    ),
    "halves": (
        lambda m, x: m.node("Resize", x, "", np.array([1, 1, 0.5, 1], np.float32), mode="nearest"),
        "layer 'Resize1': Resize in mode nearest by [1.0, 1.0, 0.5, 1.0] of (1, 2, 3, 2) is not supported; accepted "
        "is mode nearest by whole numbers along the axes behind the channels",
    ),
    "between two": (
        lambda m, x: m.node(
            "Resize", x, "", np.array([1, 1, 2, 2], np.float32), mode="nearest", nearest_mode="ceil"
        ),
        "layer 'Resize1': Resize with coordinates half_pixel and ceil does not repeat each element 2 times; accepted "
        "are asymmetric and floor, or half_pixel and round_prefer_floor",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    build, message = REFUSED[case]
    model = File(2, 3, 2)
    refuses(model, ended(model, build(model, model.bipolar("x")), 1), message)


def test_maps_of_different_sizes_flattened() -> None:
    model = File(2, 3, 3)
    x = model.quant("x", 0.5, bits=3.0)
    small = model.node("Conv", x, signs(1, 2, 2, 2))
    joined = model.node("Concat", *(model.node("Flatten", y) for y in (x, small)), axis=1)
    refuses(
        model,
        model.node("MatMul", model.bipolar(joined), signs(22, 3)),
        "layer 'Concat4': joins vectors that were maps of different sizes; accepted are flattened maps of one size, "
        "or tensors without a Flatten",
    )
