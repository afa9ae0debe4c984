"""What may stand at the end: functions of the host, and the index of the greatest score."""

from __future__ import annotations

import math
from typing import cast

from bnngen.frontend.axes import graph_shape, in_file_order, with_channels
from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.squeezing import without_axes
from bnngen.frontend.values import Activation
from bnngen.ir.host_function import FunctionName, HostFunction
from bnngen.ops.argmax import ClassIndex


@handles("Softmax", "LogSoftmax", any_axes=True)
def read_softmax(node: OnnxNode, importer: Importer) -> None:
    """Over one axis; up to opset 12 over it and all behind it."""
    value, name = node.activation(), cast(FunctionName, node.op_type)
    flattens = importer.opset < 13
    axis = _axis_behind_batch(node, value, 1 if flattens else -1)
    if flattens and axis < len(value.shape) - 1:
        value = in_file_order(node, importer, value)
        function = HostFunction(name, math.prod(value.shape[1:axis]), math.prod(value.shape[axis:]), 1)
    else:
        shape, place = graph_shape(value)[1:], axis - 1 if value.axes is None else value.axes[axis - 1]
        function = HostFunction(name, math.prod(shape[:place]), shape[place], math.prod(shape[place + 1 :]))
    made = importer.add(node, function, value)
    importer.values[node.output(0)] = Activation(made.name, value.shape, axes=value.axes)


@handles("ArgMax", any_axes=True)
def read_argmax(node: OnnxNode, importer: Importer) -> None:
    """The index of the greatest along one axis, the lowest one at a tie; of a map, at each position."""
    value = node.activation()
    if node.flag("select_last_index"):
        raise node.error("with select_last_index = 1 is not supported; the lowest index wins a tie")
    axis = _axis_behind_batch(node, value, 0)
    best = _class_index(node, importer, value, axis)
    kept = node.flag("keepdims", default=True)
    importer.values[node.output(0)] = best if kept else without_axes(node, importer, best, [axis])


@handles("TopK", any_axes=True)
def read_topk(node: OnnxNode, importer: Importer) -> None:
    """TopK of 1: its indices are the class; its values are not available."""
    value = node.activation()
    numbers = [node.attributes["k"]] if "k" in node.attributes else node.whole(1, "k")
    if len(numbers) != 1:
        raise node.error(f"takes one number as k, not {numbers}")
    (k,) = numbers
    if not node.flag("largest", default=True):
        raise node.error("is supported as the one largest score only, not as the smallest")
    if k != 1:
        raise node.error(f"is supported as the one largest score only, not with k = {k}")
    axis = _axis_behind_batch(node, value, -1)
    importer.values[node.output(1)] = _class_index(node, importer, value, axis)


def _axis_behind_batch(node: OnnxNode, value: Activation, default: int) -> int:
    axis = node.attributes.get("axis", default)
    if len(value.shape) < 2 or checked_axis(node, axis, len(value.shape)) == 0:
        raise node.error(
            f"works over the scores of each frame, not over axis {axis} of {value.shape}, the batch"
        )
    return checked_axis(node, axis, len(value.shape))


def _class_index(node: OnnxNode, importer: Importer, value: Activation, axis: int) -> Activation:
    """The index along an axis of the file, whose length becomes 1."""
    scores = with_channels(node, importer, value, axis)
    spatial = graph_shape(scores)[2:]
    best = importer.add(node, ClassIndex(value.shape[axis], spatial=spatial), scores)
    shape = tuple(1 if k == axis else n for k, n in enumerate(value.shape))
    return Activation(best.name, shape, axes=scores.axes)
