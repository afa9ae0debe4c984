"""Weights with a number for each row, whatever way the file says it."""

from __future__ import annotations

import numpy as np
import pytest
from support.onnx_files import agrees, signs

from bnngen.numbers.datatypes import BIPOLAR
from bnngen.ops.dense import Dense
from tests.frontend.onnx_file import File

LATENT = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize(
    ("weights", "transposed"),
    [(signs(4, 3) * [0.1, 0.3, 7.7], False), (signs(3, 4) * [[0.1], [0.3], [1e-9]], True)],
)
def test_a_folded_scale_a_row(weights: np.ndarray, transposed: bool) -> None:
    """As an exporter folds a batch norm into binary weights."""
    model = File(4)
    weights = weights.astype(np.float32).astype(np.float64)
    network = agrees(model, model.node("Gemm", model.bipolar("x"), weights, transB=int(transposed)))
    layer = network.layers[0].op
    assert isinstance(layer, Dense)
    assert layer.weight_type == BIPOLAR


def test_levels_in_thirds() -> None:
    """DoReFa's, where the exporter has computed nothing."""
    model = File(4)
    whole = model.node("Round", LATENT * 2)
    held = model.node("Clip", whole, -2.0, 1.0)
    thirds = model.node("Sub", model.node("Div", model.node("Mul", held, 2.0), 3.0), 1.0)
    agrees(model, model.node("Gemm", model.bipolar("x"), thirds, transB=1))
