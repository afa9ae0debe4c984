"""Branches that meet again in a sum, against the reference evaluator."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import layer_weights
from support.onnx_files import agrees, refuses, signs

from tests.frontend.onnx_file import File


def ended(model: File, tensor: str, features: int) -> str:
    return model.node("MatMul", model.node("Flatten", model.bipolar(tensor)), signs(features, 3))


@pytest.mark.parametrize("op", ["Add", "Sub"])
@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.5, 0.25), (0.75, -0.5), (1.0, 3.0)])
def test_a_residual_block(op: str, scales: tuple[float, float]) -> None:
    """Both sides quantised, with scales of any small ratio."""
    model = File(2, 4, 4)
    x = model.quant("x", scales[0], bits=3.0)
    conv = model.node("Conv", x, signs(2, 2, 3, 3), pads=[1, 1, 1, 1])
    side = model.quant(conv, scales[1], bits=4.0, zero=1.0)
    agrees(model, ended(model, model.node("Add", model.node(op, x, side), 0.1), 32))


def test_a_sum_that_is_read_twice() -> None:
    """The sum goes through a quantiser into the next block, and as it is into the next sum."""
    model = File(2, 3, 3)
    x = model.quant("x", 0.5, bits=3.0)
    total = model.node("Add", x, model.quant(model.node("Conv", x, signs(2, 2, 1, 1)), 0.5, bits=3.0))
    inner = model.node("Conv", model.bipolar(model.node("Add", total, 0.1)), signs(2, 2, 1, 1))
    agrees(model, ended(model, model.node("Add", total, model.quant(inner, 0.5, bits=3.0)), 18))


def test_relu_and_batch_norm_behind_a_sum() -> None:
    model = File(3)
    x = model.quant("x", 0.25, bits=4.0)
    hidden = model.quant(model.node("MatMul", x, signs(3, 3)), 0.25, bits=4.0)
    total = model.node("Add", hidden, x)
    scaled = model.node("Mul", total, np.array([0.5, -1.5, 0.0]))
    y = model.quant(model.node("Relu", model.node("Add", scaled, 0.3)), 0.5, bits=2.0, signed=0)
    agrees(model, model.node("MatMul", y, signs(3, 2)))


def test_each_channel_of_a_sum_has_its_own_scale() -> None:
    """Multiplications that nothing else can take in."""
    model = File(3)
    x = model.bipolar("x", 0.5)
    side = model.node("Mul", model.node("MatMul", x, signs(3, 3)), np.array([0.25, 1.0, -0.375]))
    network = agrees(model, ended(model, model.node("Add", x, model.node("Add", side, 0.1)), 3))
    assert layer_weights(network.layers[1]).tolist() == [[4, 1], [1, 1], [8, -3]]


def test_a_tensor_added_to_itself() -> None:
    model = File(3)
    y = model.node("MatMul", model.bipolar("x"), signs(3, 3))
    agrees(model, model.node("MatMul", model.quant(model.node("Add", y, y), 0.5, bits=3.0), signs(3, 2)))


def test_a_sum_at_the_end() -> None:
    """Two heads, whose scores add up."""
    model = File(4)
    x = model.bipolar("x", 0.5)
    first, second = (model.node("MatMul", x, signs(4, 3) * sign) for sign in (1, -2))
    agrees(model, model.node("Add", model.node("Add", first, second), 0.25))


NO_GRID = (
    "adds tensors whose scales have the ratio {ratio}, which is no fraction of whole numbers of at most 40 bits; "
    "quantise both sides of the sum with one scale"
)
REFUSED = {
    "scales without a common grid": (
        lambda m, x: m.node("Add", x, m.node("Mul", m.bipolar(m.node("MatMul", x, signs(3, 3))), 1 / 3.1)),
        "layer 'Add4': " + NO_GRID.format(ratio="1.07526882"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    model = File(3)
    build, message = REFUSED[case]
    refuses(
        model,
        model.node("MatMul", model.bipolar(build(model, model.bipolar("x", 0.3))), signs(3, 2)),
        message,
    )
