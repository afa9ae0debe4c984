"""DepthToSpace and SpaceToDepth: at the end, in front of a layer, down to the Verilog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.onnx_files import agrees, refuses, signs, verilog_agrees

from tests.frontend.onnx_file import File

KINDS: list[tuple[str, dict[str, Any], int, list[str]]] = [
    ("DepthToSpace", {"blocksize": 2}, 2, ["Conv2d", "DepthToSpace", "Conv2d"]),
    ("DepthToSpace", {"blocksize": 2, "mode": "CRD"}, 2, ["Conv2d", "Conv2d", "DepthToSpace", "Conv2d"]),
    ("SpaceToDepth", {"blocksize": 2}, 32, ["Conv2d", "SpaceToDepth", "Conv2d"]),
]


def moved(model: File, kind: str, attributes: dict[str, Any], per_channel: bool) -> str:
    """Channels with a scale each, quantised, and the move."""
    x = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(8, 3, 1, 1))
    if per_channel:
        x = model.node("Mul", x, np.linspace(0.5, 1.5, 8).reshape(8, 1, 1))
    return model.node(kind, model.quant(x, 1.0, bits=3.0), **attributes)


@pytest.mark.parametrize(("kind", "attributes", "channels", "layers"), KINDS)
def test_in_front_of_a_convolution(
    kind: str, attributes: dict[str, Any], channels: int, layers: list[str]
) -> None:
    model = File(3, 4, 6)
    y = model.node("Conv", moved(model, kind, attributes, per_channel=True), signs(2, channels, 1, 1))
    network = agrees(model, model.quant(model.node("Add", y, 0.3), 1.0, bits=3.0))
    assert [layer.op.kind for layer in network.layers] == layers
    verilog_agrees(network, 1_000_000)


@pytest.mark.parametrize(("kind", "attributes", "channels", "layers"), KINDS)
def test_at_the_end_it_is_the_hosts(
    kind: str, attributes: dict[str, Any], channels: int, layers: list[str]
) -> None:
    model = File(3, 4, 6)
    network = agrees(model, moved(model, kind, attributes, per_channel=True))
    assert [layer.op.kind for layer in network.layers] == ["Conv2d"]


@pytest.mark.parametrize(("kind", "attributes", "channels", "layers"), KINDS)
def test_at_the_input_it_is_the_hosts(
    kind: str, attributes: dict[str, Any], channels: int, layers: list[str]
) -> None:
    model = File(8, 4, 6)
    y = model.node(kind, model.quant("x", 0.5, bits=3.0), **attributes)
    network = agrees(model, model.node("Conv", y, signs(2, channels, 1, 1)))
    assert [layer.op.kind for layer in network.layers] == ["Conv2d"]


def test_scales_behind_it() -> None:
    """Between the move and a quantiser: the same for all positions of a block."""
    model = File(3, 4, 6)
    x = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(8, 3, 1, 1))
    y = model.node("Add", model.node("DepthToSpace", x, blocksize=2), np.array([0.5, -1.5]).reshape(2, 1, 1))
    y = model.quant(model.node("Mul", y, np.array([1.0, -0.5]).reshape(2, 1, 1)), 1.0, bits=3.0)
    agrees(model, model.node("Conv", y, signs(2, 2, 1, 1)))


@pytest.mark.parametrize("function", ["", "Sigmoid"])
@pytest.mark.parametrize(("kind", "attributes", "channels", "layers"), KINDS)
@pytest.mark.parametrize("each", [False, True])
def test_scales_on_both_sides_are_the_hosts(
    kind: str, attributes: dict[str, Any], channels: int, layers: list[str], each: bool, function: str
) -> None:
    """A bias that can't pass the move, and a scale and an offset behind it, of all channels or of each."""
    model = File(3, 4, 6)
    y = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(8, 3, 1, 1), np.arange(8) / 8)
    y = model.node(kind, y, **attributes)
    scale, offset = np.linspace(-1.5, 0.5, channels), np.arange(channels) / 4
    shape = (channels, 1, 1) if each else ()
    y = model.node("Mul", y, np.resize(scale, shape))
    y = model.node("Add", y, np.resize(offset, shape))
    network = agrees(model, model.node(function, y) if function else y)
    assert [layer.op.kind for layer in network.layers] == ["Conv2d"]


def test_scales_between_two_moves_at_the_end() -> None:
    """Six channels, then four times as many, which no block of the first ones fits."""
    model = File(3, 2, 6)
    y = model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(6, 3, 1, 1), np.arange(6) / 8)
    y = reshaped(model, model.node("Transpose", reshaped(model, y, 6, 12), perm=[0, 2, 1]), 8, 9)
    y = model.node("Mul", y, np.linspace(0.5, 1.5, 8).reshape(8, 1))
    y = reshaped(model, model.node("Transpose", y, perm=[0, 2, 1]), 4, 18)
    agrees(model, model.node("Sub", y, np.arange(4).reshape(4, 1) / 4))


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "odd channels": ("DepthToSpace", {"blocksize": 3}, "makes blocks of 3x3 positions of 8 channels"),
    "another mode": (
        "DepthToSpace",
        {"blocksize": 2, "mode": "XYZ"},
        "has mode XYZ; accepted are DCR and CRD",
    ),
    "odd positions": ("SpaceToDepth", {"blocksize": 3}, "takes blocks of 3x3 positions out of 4x6"),
    "no block": (
        "SpaceToDepth",
        {"blocksize": 0},
        "with blocksize 0 takes a tensor of shape (N, C, H, W), not (1, 8, 4, 6)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    kind, attributes, problem = REFUSED[name]
    model = File(8, 4, 6)
    refuses(model, model.node(kind, "x", name="op", **attributes), f"layer 'op': {kind} {problem}")


def reshaped(model: File, tensor: str, *shape: int) -> str:
    return model.node("Reshape", tensor, np.array([-1, *shape]))


def conv(model: File, tensor: str, channels: int, out: int = 8, groups: int = 1) -> str:
    return model.quant(
        model.node("Conv", tensor, signs(out, channels // groups, 1, 1), group=groups), 1.0, bits=3.0
    )


def shuffled(model: File) -> str:
    """The channels of two groups in turn, in front of a convolution in groups."""
    x = reshaped(model, conv(model, model.quant("x", 0.5, bits=3.0), 4), 2, 4, 4, 6)
    x = reshaped(model, model.node("Transpose", x, perm=[0, 2, 1, 3, 4]), 8, 4, 6)
    return conv(model, x, 8, groups=4)


def unshuffled(model: File) -> str:
    """As torch's PixelUnshuffle is written, with channels that have scales of their own."""
    x = model.node(
        "Mul",
        model.node("Conv", model.quant("x", 0.5, bits=3.0), signs(2, 4, 1, 1)),
        np.array([[[0.5]], [[2.0]]]),
    )
    x = reshaped(model, model.quant(x, 1.0, bits=3.0), 2, 2, 2, 3, 2)
    x = reshaped(model, model.node("Transpose", x, perm=[0, 1, 3, 5, 2, 4]), 8, 2, 3)
    return conv(model, x, 8)


def shuffled_pixels(model: File) -> str:
    x = reshaped(model, conv(model, model.quant("x", 0.5, bits=3.0), 4), 2, 2, 2, 4, 6)
    x = reshaped(model, model.node("Transpose", x, perm=[0, 1, 4, 2, 5, 3]), 2, 8, 12)
    return conv(model, x, 2)


@pytest.mark.parametrize("case", [shuffled, unshuffled, shuffled_pixels])
def test_by_tensors_of_many_axes(case: Callable[[File], str]) -> None:
    model = File(4, 4, 6)
    verilog_agrees(agrees(model, case(model)), 1_000_000)


@pytest.mark.parametrize("op", ["Relu", "Transpose"])
def test_nothing_else_takes_many_axes(op: str) -> None:
    model = File(4, 4, 6)
    y = model.node(op, reshaped(model, model.quant("x", 0.5), 2, 2, 2, 2, 6), name="op", **perm(op))
    where = "layer 'op': Relu works on a tensor of" if op == "Relu" else f"layer '{y}': the output has"
    refuses(
        model, y, f"{where} shape (1, 2, 2, 2, 2, 6); accepted are (N, features), (N, C, L) and (N, C, H, W)"
    )


def perm(op: str) -> dict[str, Any]:
    return {"perm": [0, 2, 1, 3, 4, 5]} if op == "Transpose" else {}
