"""Operators that only change a tensor's shape."""

from __future__ import annotations

import math

import numpy as np

from bnngen.frontend.importer import Importer, OnnxNode, features, handles
from bnngen.frontend.values import Activation, Constant
from bnngen.quantised import Flatten


@handles("Identity", "Dropout")
def read_identity(node: OnnxNode, importer: Importer) -> None:
    importer.values[node.outputs[0]] = node.input(0)


@handles("Flatten")
def read_flatten(node: OnnxNode, importer: Importer) -> None:
    if node.attributes.get("axis", 1) != 1:
        raise node.error(f"is supported with axis 1, not {node.attributes['axis']}")
    value = node.activation()
    _reshape(node, importer, (1, features(value.shape)))


@handles("Reshape")
def read_reshape(node: OnnxNode, importer: Importer) -> None:
    wanted = [int(d) for d in node.constant(1, "its shape").array]
    value = node.input(0)
    shape = [value.shape[i] if d == 0 else d for i, d in enumerate(wanted)]
    if -1 in shape:
        shape[shape.index(-1)] = math.prod(value.shape) // max(1, -math.prod(shape))
    _reshape(node, importer, tuple(shape))


@handles("Unsqueeze")
def read_unsqueeze(node: OnnxNode, importer: Importer) -> None:
    shape = list(node.input(0).shape)
    axes = _axes(node)
    rank = len(shape) + len(axes)
    for axis in sorted(a % rank for a in axes):
        shape.insert(axis, 1)
    _reshape(node, importer, tuple(shape))


@handles("Squeeze")
def read_squeeze(node: OnnxNode, importer: Importer) -> None:
    shape = node.input(0).shape
    axes = {a % len(shape) for a in _axes(node)} or {i for i, d in enumerate(shape) if d == 1}
    _reshape(node, importer, tuple(d for i, d in enumerate(shape) if i not in axes))


def _axes(node: OnnxNode) -> list[int]:
    """The axes: an attribute up to opset 12, an input from 13 on."""
    if "axes" in node.attributes:
        return list(node.attributes["axes"])
    return [int(a) for a in node.constant(1, "its axes").array.reshape(-1)] if len(node.inputs) > 1 else []


def _reshape(node: OnnxNode, importer: Importer, shape: tuple[int, ...]) -> None:
    value = node.input(0)
    if math.prod(shape) != math.prod(value.shape):
        raise node.error(f"can't make shape {shape} of {value.shape}")
    if not isinstance(value, Activation):
        array = value.array if isinstance(value, Constant) else value.exact()
        importer.values[node.outputs[0]] = Constant(np.reshape(array, shape))
        return
    if not shape or shape[0] != 1:
        raise node.error(f"must keep the batch axis: {value.shape} became {shape}")
    importer.values[node.outputs[0]] = _reshape_activation(node, importer, value, shape)


def _reshape_activation(
    node: OnnxNode, importer: Importer, value: Activation, shape: tuple[int, ...]
) -> Activation:
    dims, was = ([d for d in s[1:] if d != 1] for s in (shape, value.shape))
    if dims == was:
        return Activation(value.name, shape)
    if len(dims) > 1:
        raise node.error(
            f"of {value.shape} to {shape} is not supported; it may flatten, or add axes of length 1"
        )
    return importer.add(node, Flatten(), value, shape=shape)
