"""Operators that only change a shape; the stream has the channels last, whatever the file does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs, weights_of

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File


def weights(features: int) -> np.ndarray:
    """Two rows in which every column differs."""
    return np.stack([np.arange(features), 7 - 3 * np.arange(features)]) - features // 2 * 1.0


IMAGES = [(1, 2, 3), (3, 2, 2), (2, 1, 3), (2, 3, 1), (3, 1, 1), (3, 4), (1, 5), (4,)]


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize(
    "form", ["Flatten", "Reshape 1 -1", "Reshape -1 n", "Reshape 0 -1", "shape nodes", "product"]
)
def test_an_image_into_a_dense_layer(shape: tuple[int, ...], form: str) -> None:
    model = File(*shape)
    x, count = model.quant("x", 0.5, 4.0), math.prod(shape)
    if form == "Flatten":
        flat = model.node("Flatten", x)
    elif form == "Reshape -1 n":
        flat = model.node("Reshape", x, np.array([-1, count]))
    elif form == "Reshape 0 -1":
        flat = model.node("Reshape", x, np.array([0, -1]))
    elif form == "Reshape 1 -1":
        flat = model.node("Reshape", x, np.array([1, -1]))
    elif form == "product":
        flat = model.node("Reshape", x, product_shape(model, x, len(shape)))
    else:
        flat = model.node("Reshape", x, computed_shape(model, x))
    frames = np.random.default_rng(1).integers(-8, 9, (1 if form == "Reshape 1 -1" else 9, *shape)) / 4
    agrees(model, model.node("Gemm", flat, weights(count), transB=1), x=frames)


def computed_shape(model: File, x: str) -> str:
    """(batch, -1) as torch exports x.view(x.size(0), -1)."""
    node = model.node
    batch = node("Gather", node("Shape", x), np.array(0), axis=0)
    return node("Concat", node("Unsqueeze", batch, np.array([0])), np.array([-1]), axis=0)


def product_shape(model: File, x: str, axes: int) -> str:
    """(-1, c*h*w) with the product computed in the file."""
    node = model.node
    shape = node("Shape", x)
    total = node("Gather", shape, np.array([1]), axis=0)
    for axis in range(2, axes + 1):
        total = node("Mul", total, node("Gather", shape, np.array([axis]), axis=0))
    return node("Concat", np.array([-1]), total, axis=0)


@pytest.mark.parametrize("shape", [(2, 2, 3), (2, 3)])
def test_elementwise_operators_on_both_sides_of_a_flatten(shape: tuple[Any, ...]) -> None:
    model = File(*shape)
    x = model.node("Flatten", model.node("Add", "x", 0.25))
    x = model.node("Mul", model.quant(model.node("Sub", x, 1.0), 0.5, 3.0), -2.0)
    agrees(model, model.node("Gemm", x, weights(math.prod(shape)), transB=1))


def test_channels_quantized_apart_before_a_flatten() -> None:
    model = File(2, 2, 2)
    factor = np.array([2.0, -0.5]).reshape(1, 2, 1, 1)
    x = model.quant(model.node("Mul", "x", factor), 0.5, 3.0)
    agrees(model, model.node("Gemm", model.node("Flatten", x), weights(8), transB=1))


def test_offsets_of_the_channels_before_a_flatten() -> None:
    """An affine that differs only in its offset passes the weights: W a, with a for each channel."""
    model = File(2, 2, 2)
    x = model.node("Add", model.quant("x", 0.5, 3.0), np.array([2.0, -0.5]).reshape(1, 2, 1, 1))
    agrees(model, model.node("Gemm", model.node("Flatten", x), weights(8), transB=1))


def test_offsets_of_the_features_behind_a_flatten() -> None:
    """The same with one offset for each feature, in the file's order."""
    model = File(2, 2, 2)
    x = model.node("Flatten", model.quant("x", 0.5, 3.0))
    agrees(model, model.node("Gemm", model.node("Add", x, np.arange(8.0)), weights(8), transB=1))


def test_parameters_of_each_flattened_feature_are_refused() -> None:
    model = File(2, 2, 2)
    scaled = model.node("Add", model.node("Flatten", "x"), np.arange(1.0, 9.0), name="op")
    refuses(
        model,
        model.node("Gemm", model.bipolar(scaled, name="act"), weights(8), transB=1),
        "layer 'act': has 8 parameters, one for each flattened feature, in front of the first layer; "
        "accepted is one for all features",
    )


@pytest.mark.parametrize("opset", [9, 11, 13, 17])
@pytest.mark.parametrize("axes", [[2], [-1], [2, 3], [1], [-1, 1]])
def test_axes_that_come_and_go(opset: int, axes: list[int]) -> None:
    model = File(4, opset=opset)
    x = model.bipolar("x")
    if opset < 13:
        x = model.node("Squeeze", model.node("Unsqueeze", x, axes=axes), axes=axes)
    else:
        x = model.node("Squeeze", model.node("Unsqueeze", x, np.array(axes)), np.array(axes))
    agrees(model, model.node("Gemm", x, weights(4), transB=1))


def test_an_image_of_one_pixel_is_a_vector() -> None:
    model = File(3, 1, 1)
    x = model.node("Squeeze", model.bipolar("x"), np.array([2, 3]))
    agrees(model, model.node("Gemm", x, weights(3), transB=1))


def test_a_vector_made_an_image_of_one_pixel() -> None:
    model = File(3)
    sums = model.node("Gemm", model.bipolar("x"), weights(3), transB=1)
    image = model.node("Reshape", sums, np.array([-1, 2, 1, 1]))
    scaled = model.node("Mul", image, np.array([0.5, -2.0]).reshape(1, 2, 1, 1))
    agrees(model, model.node("Flatten", scaled))


def test_identity_and_dropout_pass() -> None:
    model = File(4, opset=11)
    w = model.node("Identity", weights(4))
    x = model.node("Dropout", model.node("Identity", model.bipolar("x")))
    agrees(model, model.node("Gemm", x, w, transB=1))


def test_reshaped_weights_and_parameters() -> None:
    model = File(4)
    w = model.node("Reshape", weights(4).reshape(-1), np.array([2, -1]))
    sums = model.node("Gemm", model.bipolar("x"), w, transB=1)
    scale = model.node("Unsqueeze", [0.5, 2.0], np.array([0]))
    agrees(model, model.node("Mul", sums, scale))


@pytest.mark.parametrize(
    ("op", "more", "attributes", "problem"),
    [
        ("Reshape", [[5, -1]], {}, "can't make shape (5, 2) of (1, 3, 2, 2)"),
        ("Reshape", [[-1, 6]], {}, "must keep the batch axis: (1, 3, 2, 2) became (2, 6)"),
        ("Reshape", [[-1]], {}, "must keep the batch axis: (1, 3, 2, 2) became (12,)"),
        ("Reshape", [[1, 7]], {}, "can't make shape (1, 7) of (1, 3, 2, 2)"),
        (
            "Squeeze",
            [[0]],
            {},
            "drops the axes [0] of (1, 3, 2, 2); it may drop axes of length 1 behind the batch",
        ),
        (
            "Squeeze",
            [[1]],
            {},
            "drops the axes [1] of (1, 3, 2, 2); it may drop axes of length 1 behind the batch",
        ),
        ("Squeeze", [[4]], {}, "works on axis 4 of a tensor that has 4"),
        ("Unsqueeze", [[0]], {}, "puts an axis in front of the batch axis of (1, 3, 2, 2)"),
        ("Unsqueeze", [[2, 2]], {}, "names an axis twice: [2, 2]"),
        (
            "Flatten",
            [],
            {"axis": 2},
            "with axis 2 of (1, 3, 2, 2) mixes the frames of a batch; accepted is 1",
        ),
        (
            "Flatten",
            [],
            {"axis": 0},
            "with axis 0 of (1, 3, 2, 2) mixes the frames of a batch; accepted is 1",
        ),
    ],
)
def test_shapes_that_are_refused(op: str, more: list[Any], attributes: dict[str, Any], problem: str) -> None:
    model = File(3, 2, 2)
    out = model.node(op, "x", *(np.array(m) for m in more), name="op", **attributes)
    refuses(model, out, f"layer 'op': {op} {problem}")


@pytest.mark.parametrize("wanted", [[0, 0, 0, 0, 0], [-1, -1], [-2, 12]])
def test_shapes_that_make_no_sense_are_refused(tmp_path: Path, wanted: list[int]) -> None:
    model = File(3, 2, 2)
    path = model.save(tmp_path / "model.onnx", model.node("Reshape", "x", np.array(wanted), name="op"))
    with pytest.raises(ModelError, match=r"^layer 'op': Reshape "):
        import_onnx(path)


def test_the_order_of_an_images_rows_and_channels(tmp_path: Path) -> None:
    """Two channels of 1 x 3: the file counts a0 a1 a2 b0 b1 b2, the stream a0 b0 a1 b1 a2 b2."""
    model = File(2, 1, 3)
    flat = model.node("Flatten", model.bipolar("x"))
    path = model.save(tmp_path / "model.onnx", model.node("Gemm", flat, [[0.0, 1, 2, 10, 11, 12]], transB=1))
    network = lower(import_onnx(path))
    assert network.input_shape == (1, 3, 2)
    assert network.model_shape == (2, 1, 3)
    assert weights_of(path) == [[[0, 10, 1, 11, 2, 12]]]


@pytest.mark.parametrize("training", [True, np.array([False])])
def test_dropout_in_training_mode_is_refused(tmp_path: Path, training: Any) -> None:
    model = File(4)
    x = model.node("Dropout", model.bipolar("x"), 0.5, training, name="op")
    output = model.node("Gemm", x, weights(4), transB=1)
    if training is True:
        with pytest.raises(
            ModelError, match=r"^layer 'op': Dropout is in training mode; export the model in "
        ):
            import_onnx(model.save(tmp_path / "model.onnx", output))
    else:
        agrees(model, output)


def test_the_batch_size_is_no_number_of_the_network() -> None:
    """It may stand in a shape, as exporters write it."""
    model = File(4)
    batch = model.node("Gather", model.node("Shape", "x"), np.array(0))
    scaled = model.node("Mul", model.bipolar("x"), model.node("Cast", batch, to=1), name="op")
    refuses(
        model, scaled, "layer 'op': Mul computes with the batch size, which is not a number of the network"
    )


def test_a_shape_made_of_the_batch_size(tmp_path: Path) -> None:
    model = File(2, 2)
    batch = model.node(
        "Unsqueeze", model.node("Gather", model.node("Shape", "x"), np.array(0)), np.array([0])
    )
    shape = model.node("Concat", batch, np.array([-1]), axis=0)
    flat = model.node("Reshape", model.bipolar("x"), shape)
    path = model.save(tmp_path / "model.onnx", model.node("Gemm", flat, weights(4), transB=1))
    assert import_onnx(path).output


def test_a_shape_is_a_row_of_numbers() -> None:
    model = File(4)
    shaped = model.node("Reshape", "x", np.array([[-1], [4]]), name="op")
    refuses(
        model,
        shaped,
        "layer 'op': Reshape takes a row of whole numbers as its shape, not an array of shape (2, 1)",
    )


def test_an_identity_takes_any_axes() -> None:
    """Channels that are shuffled, as torch's new exporter writes it."""
    model = File(4, 2, 2)
    x = model.node("Reshape", model.bipolar("x"), np.array([-1, 2, 2, 2, 2]))
    x = model.node("Identity", model.node("Transpose", x, perm=[0, 2, 1, 3, 4]))
    x = model.node("Reshape", x, np.array([-1, 4, 2, 2]))
    agrees(model, model.node("Conv", x, signs(3, 4, 1, 1)))
