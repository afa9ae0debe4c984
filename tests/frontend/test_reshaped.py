"""Tensors that take another shape between layers: exact from the file to the Verilog, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, custom_ops, signs, verilog_agrees

import bnngen
from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from tests.frontend.onnx_file import File


def shaped(model: File, x: str, *shape: int) -> str:
    return model.node("Reshape", x, np.array([-1, *shape]))


def vector_to_map(model: File) -> str:
    """Six neurons become a map of one channel, over which a pool and a convolution slide."""
    x = model.quant(model.node("MatMul", model.bipolar("x"), signs(9, 6)), 1.0, bits=3.0)
    x = model.node("MaxPool", shaped(model, x, 1, 6), kernel_shape=[2], strides=[1])
    x = model.node("Conv", x, signs(3, 1, 2))
    return model.node("MatMul", model.node("Flatten", model.bipolar(x)), signs(12, 4))


def sequence_to_map(model: File) -> str:
    """A sequence becomes a map of one row, and one again."""
    x = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(4, 3, 2))
    x = shaped(model, model.quant(x, 1.0, bits=2.0), 4, 1, 7)
    x = model.quant(model.node("Conv", x, signs(2, 4, 1, 3)), 1.0, bits=2.0)
    x = model.node("Squeeze", x, np.array([2]))
    return model.node("Conv", x, signs(2, 2, 2))


def ordered_by_the_host(model: File) -> str:
    """The rows of the input are no channels any more."""
    x = shaped(model, model.quant("x", 0.5, bits=3.0), 1, 3, 8)
    x = model.bipolar(model.node("Conv", x, signs(2, 1, 2, 3)))
    return model.node("MatMul", model.node("Flatten", x), signs(24, 3))


def positions_with_parameters(model: File) -> str:
    """Where only one axis is longer than 1, a constant may vary along it."""
    x = model.node("MatMul", model.quant("x", 0.5, bits=3.0), signs(9, 6))
    x = model.node("Mul", model.node("Unsqueeze", x, np.array([1])), np.arange(1.0, 7).reshape(1, 1, 6) / 4)
    x = model.quant(model.node("Squeeze", x, np.array([1])), 1.0, bits=3.0)
    return model.node("MatMul", x, signs(6, 4))


CASES = {
    vector_to_map: (9,),
    sequence_to_map: (3, 8),
    ordered_by_the_host: (3, 8),
    positions_with_parameters: (9,),
}


@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_from_the_file_to_the_verilog(build: Callable[..., Any]) -> None:
    model = File(*CASES[build])
    verilog_agrees(agrees(model, build(model)), 1_000_000)


def test_what_the_host_orders_shows_in_the_shapes(tmp_path: Path) -> None:
    model = File(3, 8)
    network = lower(import_onnx(model.save(tmp_path / "model.onnx", ordered_by_the_host(model))))
    assert network.model_shape == (3, 8)
    assert network.input_shape == (3, 8, 1)
    assert quantize(np.zeros((2, 3, 8)), network).shape == (2, 3, 8, 1)


def test_a_map_at_the_end_has_the_files_order(tmp_path: Path) -> None:
    """Real outputs channels first, the stream channels last; a batch norm behind the last integer."""
    from onnx.reference import ReferenceEvaluator

    model = File(2, 4, 5)
    sums = model.node("Conv", model.bipolar("x"), signs(3, 2, 2, 2))
    parameters = (np.array(v) for v in ([0.5, -1.0, 2.0], [0.25, 0.0, 1.0], [1.0, 0.0, 0.5], [0.5, 1.0, 2.0]))
    path = model.save(tmp_path / "model.onnx", model.node("BatchNormalization", sums, *parameters))
    x = np.random.default_rng(0).normal(size=(5, 2, 4, 5))
    (wanted,) = ReferenceEvaluator(str(path), new_ops=custom_ops()).run(None, {"x": x})
    network = bnngen.load(path)
    y = bnngen.golden(network, x)
    real = network.host.real_outputs(y)
    assert real.shape == wanted.shape == (5, 3, 3, 4)
    np.testing.assert_allclose(real, wanted, rtol=1e-12, atol=1e-12)
    assert network.classes(y).tolist() == wanted.reshape(5, -1).argmax(axis=1).tolist()
    assert y.shape == (5, 36)


def test_a_flattened_map_at_the_end() -> None:
    model = File(2, 4, 5)
    sums = model.node("Conv", model.bipolar("x"), signs(3, 2, 2, 2))
    network = agrees(model, model.node("Mul", model.node("Flatten", sums), 0.5))
    assert network.host.shape is None
    assert network.host.order is not None


def test_an_argmax_of_one_position(tmp_path: Path) -> None:
    model = File(4, 2, 2)
    scores = model.node("Flatten", model.node("Conv", model.bipolar("x"), signs(5, 4, 2, 2)))
    path = model.save(tmp_path / "model.onnx", model.node("ArgMax", scores, axis=1, keepdims=0))
    network = bnngen.load(path)
    x = np.random.default_rng(0).normal(size=(50, 4, 2, 2))
    codes = np.where(x >= 0, 1, -1).reshape(50, -1)
    wanted = (codes @ signs(5, 4, 2, 2).reshape(5, -1).T).argmax(axis=1)
    assert bnngen.golden(network, x)[:, 0].tolist() == wanted.tolist()


def test_another_order_in_the_middle_is_refused(tmp_path: Path) -> None:
    model = File(2, 4, 4)
    x = model.bipolar(model.node("Conv", model.bipolar("x"), signs(2, 2, 1, 1)))
    x = model.node("Conv", model.node("Reshape", x, np.array([-1, 4, 2, 4]), name="turn"), signs(1, 4, 1, 1))
    with pytest.raises(ModelError) as error:
        lower(import_onnx(model.save(tmp_path / "model.onnx", x)))
    assert str(error.value) == (
        "layer 'turn': turns frames of shape (2, 4, 4) into (4, 2, 4), whose elements stream in another order; "
        "accepted in front of dense layers, at the input and at the output, and elsewhere where only axes of "
        "length 1 come and go"
    )
