"""Files that keep their channels last, and sequences of features: right from the file to the Verilog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.ir.moves import Reshape
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from tests.frontend.onnx_file import File

TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def turn(model: File, tensor: str, *perm: int) -> str:
    return model.node("Transpose", tensor, perm=perm)


def conv(model: File, tensor: str, out: int, channels: int) -> str:
    """A convolution of a tensor with its channels last, as converters write it; a bias and a quantiser behind
    the second Transpose."""
    y = model.node("Conv", turn(model, tensor, *TO_FIRST), signs(out, channels, 2, 2))
    y = model.node("Add", turn(model, y, *TO_LAST), np.arange(out) / 8)
    return model.quant(model.node("Mul", y, np.linspace(0.5, 1.5, out).reshape(1, 1, 1, out)), 1.0, bits=3.0)


def image(model: File) -> str:
    """(N, H, W, C) everywhere, a Flatten in that order."""
    x = conv(model, model.quant("x", 0.5, bits=3.0), 4, 3)
    x = turn(model, model.node("MaxPool", turn(model, x, *TO_FIRST), kernel_shape=[2, 2]), *TO_LAST)
    x = conv(model, x, 2, 4)
    return model.node("MatMul", model.node("Flatten", x), signs(6, 3))


def image_with_branches(model: File) -> str:
    x = conv(model, model.quant("x", 0.5, bits=3.0), 4, 3)
    y = model.node("Concat", x, model.node("Neg", x), axis=-1)
    part = model.node("Slice", y, np.array([2]), np.array([6]), np.array([3]))
    first, second = (turn(model, t, *TO_FIRST) for t in (part, x))
    total = model.quant(model.node("Add", first, second), 1.0, bits=3.0)
    mean = model.node("ReduceMean", turn(model, total, *TO_LAST), axes=[1, 2], keepdims=0)
    return model.node("MatMul", model.quant(mean, 0.25, bits=4.0), signs(4, 3))


def map_at_the_end(model: File) -> str:
    return conv(model, model.quant("x", 0.5, bits=3.0), 4, 3)


def scores_at_the_end(model: File) -> str:
    """A softmax over the last axis, and each class its scale."""
    y = conv(model, model.quant("x", 0.5, bits=3.0), 4, 3)
    return model.node("Softmax", model.node("Mul", y, np.array([1.0, -0.5, 2.0, 0.25])), axis=-1)


def classes_at_the_end(model: File) -> str:
    y = conv(model, model.quant("x", 0.5, bits=3.0), 4, 3)
    return model.node("ArgMax", y, axis=-1, keepdims=0)


def sequence(model: File) -> str:
    """Dense layers at each step, then over time."""
    x = model.quant("x", 0.5, bits=3.0)
    x = model.node("Add", model.node("MatMul", x, model.bipolar(signs(4, 6), 0.25)), np.arange(6) / 4)
    x = model.quant(x, 0.5, bits=3.0)
    x = model.quant(model.node("MatMul", x, signs(6, 2)), 1.0, bits=3.0)
    return model.node("MatMul", model.node("Flatten", x), signs(10, 3))


def convolution_over_time(model: File) -> str:
    """The features become the channels of a convolution, and come back."""
    x = turn(model, model.quant("x", 0.5, bits=3.0), 0, 2, 1)
    x = model.quant(turn(model, model.node("Conv", x, signs(6, 4, 3), pads=[1, 1]), 0, 2, 1), 1.0, bits=3.0)
    x = model.node("MatMul", x, model.quant(signs(6, 2) * 3, np.array([1.0, 0.5]), bits=4.0))
    return model.node("ReduceMax", x, axes=[1], keepdims=0)


def map_of_rows(model: File) -> str:
    """A product along the last axis of a map, which is not that of its channels."""
    x = model.quant("x", 0.5, bits=3.0)
    x = model.quant(model.node("MatMul", x, signs(3, 2)), 1.0, bits=3.0)
    return model.node("MatMul", model.node("Flatten", x), signs(4 * 5 * 2, 3))


CASES: dict[Callable[[File], str], tuple[int, ...]] = {
    image: (4, 6, 3),
    image_with_branches: (4, 5, 3),
    map_at_the_end: (4, 5, 3),
    scores_at_the_end: (4, 5, 3),
    classes_at_the_end: (4, 5, 3),
    sequence: (5, 4),
    convolution_over_time: (5, 4),
    map_of_rows: (4, 5, 3),
}
"""By the shape of a frame."""


@pytest.mark.parametrize("case", CASES)
def test_from_the_file_to_the_verilog(case: Callable[[File], str]) -> None:
    model = File(*CASES[case])
    verilog_agrees(agrees(model, case(model)), 1_000_000)


def test_no_element_moves() -> None:
    """An (N, H, W, C) file streams as it lies there, and the layers are those of the (N, C, H, W) file."""
    last, first = File(4, 6, 3), File(3, 4, 6)
    network = agrees(last, image(last))
    assert (network.model_shape, network.input_shape) == ((4, 6, 3), (4, 6, 3))
    x = np.arange(72.0).reshape(1, 4, 6, 3)
    assert np.array_equal(network.streamed(x), x)
    y = turn(first, first.quant("x", 0.5, bits=3.0), *TO_LAST)
    same = lower_of(first, conv(first, y, 4, 3))
    other = lower_of(last, conv(last, last.nodes[0].output[0], 4, 3))
    images = np.random.default_rng(0).integers(-8, 9, (5, 4, 6, 3)) / 4
    assert np.array_equal(
        same.run(quantize(np.moveaxis(images, -1, 1), same)), other.run(quantize(images, other))
    )


def lower_of(model: File, output: str) -> Network:
    with TemporaryDirectory() as folder:
        return lower(import_onnx(model.save(Path(folder) / "model.onnx", output)))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_transpositions_in_a_row(data: st.DataObject) -> None:
    """Any of them at the input and in front of a dense layer."""
    rank = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(1, 3)) for _ in range(rank))
    model = File(*shape)
    y = model.quant("x", 0.5, bits=3.0)
    for _ in range(data.draw(st.integers(1, 3))):
        y = turn(model, y, 0, *(1 + k for k in data.draw(st.permutations(range(rank)))))
        if data.draw(st.booleans()):
            y = model.node("Reshape", y, np.array([0, -1]))
            y = model.node("Reshape", y, np.array([0, *data.draw(st.permutations(shape))]))
    features = int(np.prod(shape))
    agrees(model, model.node("MatMul", model.node("Reshape", y, np.array([0, -1])), signs(features, 3)))


def test_the_reshape_of_a_graph_moves_elements_in_the_files_order() -> None:
    op = Reshape((3, 2), (((2, 3), (1, 0)),))
    assert op.file_order is not None
    assert op.file_order.tolist() == [0, 3, 1, 4, 2, 5]
    assert op.keeps_order((3, 2)) is False
    assert Reshape((6,)).file_order is None
    same = Reshape((2, 1, 3), (((2, 3), (1, 0)), ((3, 2), (1, 0))))
    assert same.keeps_channels((1, 3, 2))


def test_the_batch_stays_in_front() -> None:
    model = File(3, 2)
    refuses(
        model,
        model.node("Transpose", "x", name="op"),
        "layer 'op': Transpose has perm [2, 1, 0], which moves the batch axis of (1, 3, 2); accepted is one that "
        "begins with 0",
    )
    model = File(3, 2)
    refuses(
        model,
        model.node("Transpose", "x", perm=[0, 1, 1], name="bad"),
        "layer 'bad': Transpose has perm [0, 1, 1] for a tensor of shape (1, 3, 2)",
    )


def test_what_would_move_elements_in_the_middle_is_refused() -> None:
    model = File(3, 4, 4)
    x = model.quant(model.node("Conv", model.quant("x", 0.5), signs(2, 3, 1, 1)), 1.0)
    y = model.node("Conv", model.node("Transpose", x, perm=[0, 2, 1, 3]), signs(2, 4, 1, 1), name="second")
    with TemporaryDirectory() as folder, pytest.raises(ModelError) as error:
        lower(import_onnx(model.save(Path(folder) / "model.onnx", y)))
    assert str(error.value).startswith(
        "layer 'second_transposed': turns frames of shape (2, 4, 4) into (4, 2, 4), whose elements stream in another"
    )
