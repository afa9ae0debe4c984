"""What people are told of where weights come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnngen.convert.convert import convert
from bnngen.convert.provenance import _in_words
from bnngen.frontend.values import Constant, QuantizedConstant
from bnngen.numbers.exact import exact_array
from tests.frontend.onnx_file import File

ONE, ZERO = exact_array(1), exact_array(0)


@pytest.mark.parametrize(
    ("weights", "words", "source"),
    [
        (lambda m: m.bipolar(np.array([[0.3], [-2.0]]), 0.25), "±0.25", "BipolarQuant"),
        (lambda m: m.node("Transpose", m.node("Sign", np.array([[0.3, -2.0]])), perm=[1, 0]), "±1", "Sign"),
        (
            lambda m: m.quant(m.node("Mul", np.array([[3.0], [-2.0]]), 0.5), 0.5, 3.0),
            "int3 -2..3 times 0.5",
            "Quant/Mul",
        ),
        (lambda m: m.quant(np.array([[3.0], [-2.0]]), 1.0, 3.0), "int3 -2..3", "Quant"),
        (lambda m: np.array([[3.0], [-2.0]]), "int3 -2..3", ""),
    ],
)
def test_weights_of_a_layer(tmp_path: Path, weights: Any, words: str, source: str) -> None:
    model = File(2)
    output = model.node("MatMul", model.bipolar("x"), weights(model), name="fc")
    (layer,) = convert(model.save(tmp_path / "m.onnx", output)).record.layers
    assert (layer.read, layer.weights, layer.source) == ("MatMul", words, source)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Constant(np.array([[0.5, -0.5], [0.25, 0.25]])), "±0.25 to 0.5 a row"),
        (Constant(np.array([[0.5, -0.25], [0.5, 0.25]])), "±0.25 to 0.5 a row"),
        (Constant(np.array([[0.5, 0.0], [-0.5, 0.5]])), "0 and ±0.5"),
        (Constant(np.array([[0.5, 0.3], [-0.7, 0.5]])), "from -0.7 to 0.5"),
        (QuantizedConstant(np.array([[1, -1]]), exact_array([0.5, 0.75]), ZERO), "±0.5 to 0.75 a row"),
        (QuantizedConstant(np.array([[1, 0]]), exact_array(0.5), ZERO), "0 and 0.5"),
        (QuantizedConstant(np.array([[1, 0, -1]]), exact_array(0.5), ZERO), "0 and ±0.5"),
        (QuantizedConstant(np.array([[1, 3]]), ONE, ONE), "uint3 2..4"),
    ],
)
def test_numbers_in_words(value: Constant | QuantizedConstant, words: str) -> None:
    assert _in_words(value) == words


def test_layers_without_weights(tmp_path: Path) -> None:
    model = File(2, 2, 2)
    pooled = model.node("MaxPool", model.bipolar("x"), kernel_shape=[2, 2], name="pool")
    (layer,) = convert(model.save(tmp_path / "m.onnx", pooled)).record.layers
    assert (layer.read, layer.weights, layer.source) == ("MaxPool", "", "")
