"""The inputs of each output, against the operator itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from bnngen.quantize.evaluate import evaluate
from bnngen.quantize.windows import read_by

pytestmark = pytest.mark.train
random = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shape", "weights", "attributes"),
    [
        ((4, 9, 8), (6, 4, 3, 3), {}),
        ((4, 9, 8), (6, 4, 3, 2), {"pads": [1, 0, 0, 1], "strides": [2, 1]}),
        ((4, 9, 8), (6, 2, 3, 3), {"group": 2, "dilations": [1, 2]}),
        ((4, 9, 8), (4, 1, 3, 3), {"group": 4, "pads": [1, 1, 1, 1]}),
        ((4, 9), (6, 4, 5), {"pads": [2, 2], "strides": [2]}),
    ],
)
def test_convolutions(shape: tuple[int, ...], weights: tuple[int, ...], attributes: dict[str, Any]) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], **attributes)
    x = random.normal(size=(3, *shape)).astype(np.float32)
    weight = random.normal(size=weights).astype(np.float32)
    read = read_by(node, x, weight)
    rows = weight.reshape(len(read), -1, read.shape[2])
    found = np.einsum("gmc,goc->mgo", read, rows).reshape(-1, len(weight))
    wanted = np.moveaxis(evaluate(node, [x, weight]), 1, -1).reshape(-1, len(weight))
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("shape", [(5,), (7, 5)])
def test_dense(shape: tuple[int, ...]) -> None:
    node: onnx.NodeProto = helper.make_node("MatMul", ["x", "w"], ["y"])
    x, weight = random.normal(size=(3, *shape)), random.normal(size=(5, 2))
    (read,) = read_by(node, x, weight)
    np.testing.assert_allclose(read @ weight, (x @ weight).reshape(-1, 2), atol=1e-5)


def test_large_maps_are_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnngen.train.windows.MOST_READINGS", 100)
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    x, weight = np.zeros((50, 1, 8, 8), np.float32), np.zeros((1, 1, 3, 3), np.float32)
    assert read_by(node, x, weight).shape == (1, 2 * 64, 9)
