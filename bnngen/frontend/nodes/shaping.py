"""Operators that only change a tensor's shape."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.known.arithmetic import map_arrays, settled
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation, OnnxShape
from bnngen.ir.moves import Reshape


@handles("Identity", any_axes=True)
def read_identity(node: OnnxNode, importer: Importer) -> None:
    """The same tensor under another name."""
    importer.values[node.output(0)] = node.input(0)


@handles("Dropout")
def read_dropout(node: OnnxNode, importer: Importer) -> None:
    """Passes everything through, but while a network is trained."""
    if node.has_input(2) and node.constant(2, "its mode").array.any():
        raise node.error("is in training mode; export the model in evaluation mode")
    importer.values[node.output(0)] = node.input(0)


@handles("Flatten")
def read_flatten(node: OnnxNode, importer: Importer) -> None:
    """A frame as a vector; a constant as a matrix."""
    shape, axis = node.input(0).shape, node.attributes.get("axis", 1)
    if not -len(shape) <= axis <= len(shape):
        raise node.error(f"works on axis {axis} of a tensor that has {len(shape)}")
    rows = math.prod(shape[: axis % len(shape) if axis < len(shape) else axis]) if axis else 1
    if isinstance(node.input(0), Activation) and (axis % len(shape) == 0 or rows != shape[0]):
        raise node.error(f"with axis {axis} of {shape} mixes the frames of a batch; accepted is 1")
    _reshape(node, importer, (rows, math.prod(shape) // max(rows, 1)))


@handles("Reshape")
def read_reshape(node: OnnxNode, importer: Importer) -> None:
    """A frame in another shape; the batch stays."""
    value, wanted = node.input(0), node.whole(1, "its shape")
    shape = list(wanted)
    if not node.flag("allowzero"):
        if any(d == 0 and i >= len(value.shape) for i, d in enumerate(wanted)):
            raise node.error(f"keeps axes that {value.shape} does not have: {wanted}")
        shape = [value.shape[i] if d == 0 else d for i, d in enumerate(wanted)]
    if shape.count(-1) > 1 or min(shape, default=0) < -1:
        raise node.error(f"can't make shape {wanted} of {value.shape}")
    if -1 in shape:
        known = math.prod(d for d in shape if d != -1)
        shape[shape.index(-1)] = math.prod(value.shape) // max(1, known)
    if isinstance(value, Activation) and len(shape) > 4 and math.prod(shape) == math.prod(value.shape):
        if shape[0] != value.shape[0]:
            raise node.error(f"must keep the batch axis: {value.shape} became {tuple(shape)}")
        importer.values[node.output(0)] = replace(value, shape=tuple(shape), wide=True)
        return
    _reshape(node, importer, tuple(shape))


@handles("Unsqueeze")
def read_unsqueeze(node: OnnxNode, importer: Importer) -> None:
    """Axes of length 1 that come."""
    value, axes = node.input(0), _axes(node)
    if axes is None:
        raise node.error("lacks its axes")
    shape = list(value.shape)
    places = _distinct(node, axes, len(shape) + len(axes))
    if isinstance(value, Activation) and 0 in places:
        raise node.error(f"puts an axis in front of the batch axis of {value.shape}")
    for axis in sorted(places):
        shape.insert(axis, 1)
    _reshape(node, importer, tuple(shape))


@handles("Squeeze")
def read_squeeze(node: OnnxNode, importer: Importer) -> None:
    """Axes of length 1 that go."""
    value = node.input(0)
    shape, given = value.shape, _axes(node)
    # without axes all of length 1 go; the batch only looks as if it had that length
    first = 1 if isinstance(value, Activation) else 0
    axes = {i for i, d in enumerate(shape) if d == 1 and i >= first}
    if given is not None:
        axes = _distinct(node, given, len(shape))
    if any(shape[axis] != 1 or axis < first for axis in axes):
        where = " behind the batch" if first else ""
        raise node.error(f"drops the axes {sorted(axes)} of {shape}; it may drop axes of length 1{where}")
    _reshape(node, importer, tuple(d for i, d in enumerate(shape) if i not in axes))


def _axes(node: OnnxNode) -> list[int] | None:
    """The axes, if they are given: an attribute up to opset 12, an input from 13 on."""
    if "axes" in node.attributes:
        return list(node.attributes["axes"])
    return node.whole(1, "its axes") if node.has_input(1) else None


def _distinct(node: OnnxNode, axes: list[int], rank: int) -> set[int]:
    found = {checked_axis(node, axis, rank) for axis in axes}
    if len(found) < len(axes):
        raise node.error(f"names an axis twice: {axes}")
    return found


def _reshape(node: OnnxNode, importer: Importer, shape: OnnxShape) -> None:
    """The node's input in another shape."""
    value = node.input(0)
    if math.prod(shape) != math.prod(value.shape):
        raise node.error(f"can't make shape {shape} of {value.shape}")
    if isinstance(value, Activation):
        if not shape or shape[0] != value.shape[0]:
            raise node.error(f"must keep the batch axis: {value.shape} became {shape}")
        importer.values[node.output(0)] = add_reshape(node, importer, value, shape[1:])
    else:
        importer.know(node, map_arrays(settled(value), lambda array: np.reshape(array, shape)))


def add_reshape(
    node: OnnxNode, importer: Importer, value: Activation, shape: OnnxShape, suffix: str = ""
) -> Activation:
    """A computed tensor with frames of another ``shape``, channels first; itself if it has that shape.

    Raises ModelError for more axes than a map has.
    """
    if shape == value.shape[1:]:
        return value
    if len(shape) > 3:
        raise node.error(
            f"makes a tensor of shape {(value.shape[0], *shape)}; accepted are (N, features), (N, C, L) and "
            "(N, C, H, W)"
        )
    return importer.add(node, Reshape(shape), value, suffix=suffix)
