"""Trunc: levels of two roundings, one behind the other."""

from __future__ import annotations

import numpy as np
import pytest
from support.onnx_files import agrees, refuses

from bnngen.numbers.datatypes import IntType
from tests.frontend.onnx_file import QONNX, File

MODES = ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "ROUND_TO_ZERO", "HALF_UP", "HALF_DOWN", "round"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("zero", [0.0, 3.0])
def test_every_mode(mode: str, signed: int, zero: float) -> None:
    """The mean of four codes has fractions of a quarter: many lie half-way."""
    model = File(2, 4, 4)
    x = model.quant("x", 0.25, 6.0)
    pooled = model.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    short = model.node(
        "Trunc", pooled, 0.0625, zero, 8.0, 0.25, 6.0, domain=QONNX, rounding_mode=mode, signed=signed
    )
    network = agrees(model, model.node("MatMul", model.node("Flatten", short), np.eye(8)))
    assert network.layers[0].op.output_type == (IntType(-32, 31) if signed else IntType(0, 63))


def test_an_output_scale_for_each_channel() -> None:
    model = File(2, 4, 4)
    pooled = model.node("AveragePool", model.quant("x", 0.25, 6.0), kernel_shape=[2, 2], strides=[2, 2])
    scales = np.array([0.26, 0.24]).reshape(2, 1, 1)
    short = model.node("Trunc", pooled, 0.0625, 0.0, 8.0, scales, 4.0, domain=QONNX)
    agrees(model, model.quant(short, 0.5, 4.0))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            (0.0625, 0.0, 8.0, 6.0),
            "has no scale of its output, and so no range; export it with a newer Brevitas",
        ),
        (
            ([[[0.1]], [[0.2]]], 0.0, 8.0, 0.25, 6.0),
            "has a scale or a zero point for each channel; accepted is one for all",
        ),
        ((0.0625, 0.0, 8.0, -0.25, 6.0), "has scales of different signs"),
        (
            (1e-30, 0.0, 8.0, 0.25, 6.0),
            "has an output scale that is not a power of two, at most 2^64, times its scale",
        ),
        ((0.0625, 0.0, 8.0, 0.25, 9.0), "has as bit width 9; accepted is one whole number from 1 to 8"),
    ],
)
def test_refusals(inputs: tuple[object, ...], message: str) -> None:
    model = File(2, 4, 4)
    short = model.node("Trunc", model.quant("x", 0.25, 6.0), *inputs, domain=QONNX, name="t")
    refuses(model, short, f"layer 't': Trunc {message}")
