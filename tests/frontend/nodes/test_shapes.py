"""Constants made of shapes, as exporters write views, means and expansions."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from support.onnx_files import agrees, refuses, signs

from tests.frontend.onnx_file import File


def quantized(model: File) -> str:
    return model.quant("x", 0.5, bits=3.0)


def ended(model: File, tensor: str, features: int = 12) -> str:
    return model.node("MatMul", tensor, signs(features, 3))


def view(model: File, *sizes: Any) -> str:
    return model.node("Concat", *(model.node("Unsqueeze", s, np.array([0])) for s in sizes), axis=0)


def test_the_view_of_a_batch() -> None:
    """x.view(x.size(0), -1)"""
    model = File(3, 2, 2)
    x = quantized(model)
    batch = model.node("Gather", model.node("Shape", x), np.array(0), axis=0)
    agrees(model, ended(model, model.node("Reshape", x, view(model, batch, np.array(-1)))))


def test_a_view_of_products_of_sizes() -> None:
    """x.view(x.size(0), x.size(1) * x.size(2) * x.size(3)), by several ways to say so."""
    model = File(3, 2, 2)
    x = quantized(model)
    shape = model.node("Shape", x)
    sizes = [model.node("Gather", shape, np.array(k), axis=0) for k in range(4)]
    product = model.node("Mul", model.node("Mul", sizes[1], sizes[2]), sizes[3])
    first = model.node("Reshape", x, view(model, sizes[0], product))
    back = model.node(
        "Reshape",
        first,
        model.node(
            "Concat", np.array([-1]), model.node("Slice", shape, np.array([1]), np.array([4])), axis=0
        ),
    )
    whole = model.node("Div", model.node("Size", x), model.node("Gather", shape, np.array(0), axis=0))
    again = model.node(
        "ReduceProd", model.node("Slice", shape, np.array([-3]), np.array([1 << 62])), keepdims=1, axes=[0]
    )
    y = model.node("Reshape", back, model.node("Concat", np.array([-1]), again, axis=0))
    y = model.node(
        "Reshape",
        y,
        view(model, np.array(-1), model.node("Squeeze", model.node("Unsqueeze", whole, np.array([0])))),
    )
    agrees(model, ended(model, y))


def test_shapes_with_a_start_and_an_end() -> None:
    model = File(3, 4, opset=15)
    x = quantized(model)
    rest = model.node("ReduceProd", model.node("Shape", x, start=1), keepdims=1)
    batch = model.node("Shape", x, end=-2)
    agrees(model, ended(model, model.node("Reshape", x, model.node("Concat", batch, rest, axis=0))))


def test_filled_expanded_and_tiled() -> None:
    model = File(3, 2, 2)
    x = model.node("Conv", quantized(model), signs(3, 3, 1, 1))
    channels = model.node("Gather", model.node("Shape", x), np.array([1]))
    ones = model.node(
        "ConstantOfShape", model.node("Concat", channels, np.array([1, 1]), axis=0), value=tensor(0.5)
    )
    thirds = model.node("Expand", np.array([[[0.25]], [[1.0]], [[-2.0]]]), np.array([3, 1, 2]))
    y = model.node("Add", x, ones)
    y = model.node("Mul", y, model.node("Slice", thirds, np.array([0]), np.array([1]), np.array([2])))
    y = model.node("Add", y, model.node("Tile", np.array([[[0.5]]]), np.array([1, 1, 2])))
    steps = model.node("Cast", model.node("Range", np.array(6), np.array(0), np.array(-2)), to=11)
    y = model.node("Add", y, model.node("Reshape", steps, np.array([1, -1, 1, 1])))
    y = model.node("Expand", y, model.node("Shape", y))
    rest = model.node("Mod", np.array([7, -7]), np.array([4, 4]))
    y = model.node("Add", y, model.node("Cast", model.node("Gather", rest, np.array(1)), to=11))
    agrees(model, ended(model, model.node("Flatten", model.quant(y, 1.0, bits=4.0))))


def tensor(value: float) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array([value]))


@pytest.mark.parametrize("step", [1, 2, -1, -2])
def test_slices_of_constants(step: int) -> None:
    model = File(4)
    weights = np.arange(32.0).reshape(8, 4) - 16
    starts, ends = (
        (np.array([7]), np.array([-(1 << 62)])) if step < 0 else (np.array([0]), np.array([1 << 62]))
    )
    cut = model.node("Slice", weights, starts, ends, np.array([0]), np.array([step]))
    agrees(model, model.node("MatMul", quantized(model), model.node("Transpose", cut, perm=[1, 0])))


def test_flattened_weights() -> None:
    model = File(4)
    flat = model.node("Flatten", signs(2, 2, 3), axis=2)
    agrees(model, model.node("MatMul", quantized(model), flat))


@pytest.mark.parametrize("axis", [1, -2])
def test_flatten(axis: int) -> None:
    model = File(3, 4)
    agrees(model, ended(model, model.node("Flatten", quantized(model), axis=axis)))


def test_flatten_behind_an_axis_of_length_one() -> None:
    model = File(1, 12)
    agrees(model, ended(model, model.node("Flatten", quantized(model), axis=2)))


def test_a_chain_that_does_nothing() -> None:
    model = File(3, 4)
    x = quantized(model)
    for op in ("Identity", "Dropout", "Identity"):
        x = model.node(op, x)
    agrees(model, ended(model, model.node("Flatten", model.node("Dropout", x))))


REFUSED: dict[str, tuple[str, list[Any], dict[str, Any], str]] = {
    "flatten all": (
        "Flatten",
        ["x"],
        {"axis": 0},
        "with axis 0 of (1, 3, 2, 2) mixes the frames of a batch; accepted is 1",
    ),
    "flatten two": (
        "Flatten",
        ["x"],
        {"axis": 2},
        "with axis 2 of (1, 3, 2, 2) mixes the frames of a batch; accepted is 1",
    ),
    "flatten beyond": ("Flatten", ["x"], {"axis": 5}, "works on axis 5 of a tensor that has 4"),
    "expand": (
        "Expand",
        ["x", np.array([1, 3, 4, 2])],
        {},
        "can't make shape (1, 3, 4, 2) of (1, 3, 2, 2)",
    ),
    "expand the batch": (
        "Expand",
        ["x", np.array([2, 3, 2, 2])],
        {},
        "repeats the elements of (1, 3, 2, 2) to (2, 3, 2, 2), which is supported on constants only; along the axes "
        "behind the channels Resize does it",
    ),
    "a negative length": ("ConstantOfShape", [np.array([-1])], {}, "takes lengths of 0 and above, not [-1]"),
    "gigabytes": (
        "ConstantOfShape",
        [np.array([1 << 40])],
        {},
        "makes a constant of 1,099,511,627,776 elements; at most 16,777,216 are supported",
    ),
    "a long range": (
        "Range",
        [np.array(0), np.array(1 << 30), np.array(1)],
        {},
        "makes 1,073,741,824 numbers; at most 16,777,216 are supported",
    ),
    "no step": ("Range", [np.array(0), np.array(1), np.array(0)], {}, "has start 0, limit 1 and delta 0"),
    "tiles": (
        "Tile",
        [np.ones(2), np.array([1, 2])],
        {},
        "takes one number of 0 and above for each axis of (2,), not [1, 2]",
    ),
    "no rest": ("Mod", [np.array(3), np.array(0)], {}, "divides by zero"),
    "unequal lists": (
        "Slice",
        ["x", np.array([0, 1]), np.array([1])],
        {},
        "has 2 starts, 1 ends, 2 axes, 2 steps; they must be equally many",
    ),
    "a step of 0": (
        "Slice",
        ["x", np.array([0]), np.array([1]), np.array([1]), np.array([0])],
        {},
        "has a step of 0",
    ),
    "too few sizes": (
        "Resize",
        ["x", "", "", np.array([4, 4])],
        {},
        "takes a size for each axis of (1, 3, 2, 2), not [4, 4]",
    ),
    "too few scales": (
        "Resize",
        ["x", "", np.array([2.0, 2.0], np.float32)],
        {},
        "takes a scale for each axis of (1, 3, 2, 2), not [2.0, 2.0]",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    op, inputs, attributes, problem = REFUSED[name]
    model = File(3, 2, 2)
    refuses(model, model.node(op, *inputs, name="op", **attributes), f"layer 'op': {op} {problem}")


@pytest.mark.parametrize("batch", ["N", 1, 2])
@pytest.mark.parametrize("op", ["Expand", "ConstantOfShape"])
def test_numbers_that_are_there_once_a_frame(op: str, batch: Any) -> None:
    """torch.ones_like, new_full and bias.expand(x.shape[0], n), whatever batch the file states."""

    def state(model: onnx.ModelProto) -> None:
        dim = model.graph.input[0].type.tensor_type.shape.dim[0]
        dim.CopyFrom(
            onnx.TensorShapeProto.Dimension(
                **({"dim_param": batch} if batch == "N" else {"dim_value": batch})
            )
        )

    model = File(4)
    sums = model.node("MatMul", quantized(model), signs(4, 3))
    shape = model.node("Shape", sums)
    if op == "Expand":
        ones = model.node("Expand", np.array([[1.0, 2, 3]]), shape)
    else:
        ones = model.node(op, shape, value=numpy_helper.from_array(np.array([1.0])))
    chosen = model.node("Where", model.node("GreaterOrEqual", sums, 0.5), ones, model.node("Neg", ones))
    agrees(model, ended(model, chosen, 3), change=state)


def test_a_sum_over_the_frames_is_refused() -> None:
    """Of numbers that are there once a frame it is the batch size."""
    model = File(4)
    sums = model.node("MatMul", quantized(model), signs(4, 3))
    ones = model.node("Expand", np.array([[1.0, 1, 1]]), model.node("Shape", sums))
    count = model.node("ReduceSum", ones, np.array([0]), keepdims=1)
    scaled = model.node("Mul", sums, count, name="op")
    refuses(
        model,
        ended(model, scaled, 3),
        "layer 'op': Mul computes with the batch size, which is not a number of the network",
    )
