"""Axes of length 1 that go."""

from __future__ import annotations

from collections.abc import Sequence

from bnngen.frontend.axes import graph_shape, in_file_order
from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation
from bnngen.ir.moves import Reshape


def without_axes(node: OnnxNode, importer: Importer, value: Activation, places: Sequence[int]) -> Activation:
    """A tensor without these axes of the file (0 is the batch), which have length 1."""
    shape = tuple(n for k, n in enumerate(value.shape) if k not in places)
    if len(shape) == 1:
        return Activation(value.name, shape)
    order = value.axes or tuple(range(len(value.shape) - 1))
    gone = {order[place - 1] for place in places}
    if 0 in gone and value.axes is not None:
        value = in_file_order(node, importer, value)
        order, gone = tuple(range(len(value.shape) - 1)), {place - 1 for place in places}
    left = [axis for axis in range(len(order)) if axis not in gone]
    frame = tuple(graph_shape(value)[1 + axis] for axis in left)
    squeezed = importer.add(node, Reshape(frame), value, suffix="_squeezed") if gone else value
    axes = tuple(left.index(axis) for axis in order if axis not in gone)
    return Activation(squeezed.name, shape, axes=None if axes == tuple(range(len(axes))) else axes)
