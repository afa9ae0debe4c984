"""Pad: with any number, in front of a convolution, a pool, a quantiser or alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from bnngen.ops.conv2d import Conv2d
from tests.frontend.onnx_file import File


def given(value: float | None) -> dict[str, Any]:
    return {} if value is None else {"value": value}


def padded(
    model: File, tensor: Any, pads: list[int], value: float | None = None, axes: list[int] | None = None
) -> str:
    if model.opset < 11:
        return model.node("Pad", tensor, pads=pads, **given(value))
    more: list[Any] = [np.array(pads)]
    if value is not None or axes is not None:
        more.append("" if value is None else np.array(value))
    if axes is not None:
        more.append(np.array(axes))
    return model.node("Pad", tensor, *more)


def ended(model: File, tensor: str) -> str:
    """A quantiser behind it, and the whole map as output."""
    return model.quant(tensor, 1.0, bits=3.0)


@pytest.mark.parametrize("opset", [10, 13, 18])
@pytest.mark.parametrize("value", [None, 1.0])
@pytest.mark.parametrize("kind", ["conv", "padded conv", "pool", "quantiser", "alone"])
def test_of_a_map(opset: int, value: float | None, kind: str) -> None:
    model = File(3, 4, 2, opset=opset)
    x = model.quant("x", 0.5, bits=4.0)
    x = model.quant(model.node("Conv", x, signs(3, 3, 1, 1)), 0.5, bits=4.0)
    y = padded(model, x, [0, 0, 1, 2, 0, 0, 0, 1], value)
    if kind.endswith("conv"):
        y = model.node("Conv", y, signs(2, 3, 2, 3), pads=[0, 1, 0, 0] if kind == "padded conv" else [0] * 4)
    elif kind == "pool":
        y = model.node("MaxPool", y, kernel_shape=[2, 2])
    network = agrees(model, y if kind == "alone" else ended(model, y))
    assert len(network.layers) == 2 or kind in ("pool", "alone") or (kind, value) == ("padded conv", 1.0)


def test_named_axes_and_a_sequence() -> None:
    model = File(3, 5, opset=18)
    y = padded(model, model.quant("x", 0.5, bits=3.0), [1, 2], axes=[-1])
    agrees(model, model.node("Conv", y, signs(2, 3, 3)))


def test_in_front_of_the_input_quantiser() -> None:
    model = File(2, 3, 3)
    y = model.quant(padded(model, "x", [0, 0, 1, 1, 0, 0, 1, 1]), 0.5, bits=3.0)
    network = agrees(model, model.node("Conv", y, signs(2, 2, 3, 3)))
    assert len(network.layers) == 1


def test_signs() -> None:
    """0 is none of them: it adds nothing to the sums."""
    model = File(2, 3, 3)
    y = padded(model, model.bipolar("x"), [0, 0, 1, 1, 0, 0, 1, 1])
    network = agrees(model, model.node("Conv", y, signs(2, 2, 3, 3)))
    assert isinstance(network.layers[0].op, Conv2d)
    assert network.layers[0].op.input_type.bipolar


def test_channels_last() -> None:
    model = File(3, 4, 2)
    y = padded(model, model.quant("x", 0.5, bits=3.0), [0, 1, 0, 0, 0, 0, 2, 0])
    y = model.node("Conv", model.node("Transpose", y, perm=[0, 3, 1, 2]), signs(2, 2, 2, 2))
    agrees(model, y)


def test_a_constant_and_nothing() -> None:
    model = File(3, 4)
    weights = padded(model, signs(2, 3, 1), [0, 0, 1, 0, 0, 1])
    x = padded(model, model.quant("x", 0.5, bits=3.0), [0] * 6)
    agrees(model, model.node("Conv", x, weights))


@pytest.mark.parametrize("kind", ["pool", "alone"])
def test_down_to_the_verilog(kind: str) -> None:
    model = File(2, 3, 4)
    x = model.quant(model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(2, 2, 1, 1)), 0.5, bits=3.0)
    y = padded(model, x, [0, 0, 1, 0, 0, 0, 1, 2], 1.0)
    if kind == "pool":
        y = model.node("MaxPool", y, kernel_shape=[2, 2])
    verilog_agrees(agrees(model, ended(model, y)), 1_000_000)


REFUSED: dict[str, tuple[list[int], dict[str, Any], str]] = {
    "a mirror": (
        [0, 0, 1, 1, 0, 0, 1, 1],
        {"mode": "reflect"},
        "in mode reflect is not supported; accepted is constant: use zeros, as padding of Conv",
    ),
    "more channels": (
        [0, 1, 1, 1, 0, 0, 1, 1],
        {},
        "adds positions to the batch or the channels of (1, 2, 3, 3), by [(0, 0), (1, 0), (1, 1), (1, 1)]; accepted "
        "are the axes behind them, of (N, C, L) or (N, C, H, W)",
    ),
    "less": (
        [0, 0, -1, 0, 0, 0, 0, 0],
        {},
        "crops (1, 2, 3, 3) by [(0, 0), (0, 0), (-1, 0), (0, 0)]; accepted are pads of 0 and above",
    ),
    "too few": ([1, 1], {}, "has 2 pads for 4 axes; accepted are two for each"),
    "gigabytes": (
        [0, 0, 1 << 30, 0, 0, 0, 0, 0],
        {},
        "makes a padded map of 6,442,450,962 elements; at most 16,777,216 are supported",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    pads, attributes, problem = REFUSED[name]
    model = File(2, 3, 3)
    y = model.node("Pad", model.quant("x", 0.5), np.array(pads), name="op", **attributes)
    refuses(model, y, f"layer 'op': Pad {problem}")
