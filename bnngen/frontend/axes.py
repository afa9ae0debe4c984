"""Tensors whose axes have another order in the file than in the graph, where the channels come first.

Files that keep images as (N, H, W, C) transpose them in front of each operator that wants (N, C, H, W), and
back again behind it; sequences come as (N, T, features). No element moves for that as long as the next
operator knows which axis is which: `Activation.axes`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation, Constant, QuantizedConstant, Value
from bnngen.ir.graph import Op
from bnngen.ir.moves import Reshape
from bnngen.ir.window import Axes


class Reading(Protocol):
    """What is needed of the importer."""

    values: dict[str, Value]

    def add(self, node: OnnxNode, op: Op, *sources: Activation, suffix: str = "") -> Activation:
        """Appends an operator."""


_I = TypeVar("_I", bound=Reading)
ELEMENTWISE = frozenset(
    {
        "Abs",
        "Add",
        "BipolarQuant",
        "Cast",
        "Ceil",
        "Clip",
        "Div",
        "Dropout",
        "Elu",
        "Equal",
        "Floor",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "Identity",
        "IntQuant",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Max",
        "Min",
        "Mul",
        "Neg",
        "Not",
        "Quant",
        "Relu",
        "Round",
        "Sigmoid",
        "Sign",
        "Softplus",
        "Softsign",
        "Sub",
        "Tanh",
        "Where",
    }
)
"""Operators that treat all axes alike: their constants' axes get the order of the graph."""


_TURNED = Activation | Constant | QuantizedConstant | None
"""What can be given with its axes in another order."""


def read_in_any_order(node: OnnxNode, handler: Callable[[OnnxNode, _I], None], importer: _I) -> None:
    """Calls a reader that takes tensors with their channels first, whatever order those of ``node`` have."""
    if any(isinstance(v, Activation) and v.wide for v in node.inputs):
        node = replace(node, inputs=tuple(_narrow(node, importer, v) for v in node.inputs))
    orders = {v.axes for v in node.inputs if isinstance(v, Activation)}
    if orders <= {None}:
        handler(node, importer)
    elif (
        len(orders) == 1 and node.op_type in ELEMENTWISE and all(isinstance(v, _TURNED) for v in node.inputs)
    ):
        _read_elementwise(node, handler, importer)
    else:
        inputs = tuple(
            in_file_order(node, importer, v) if isinstance(v, Activation) else v for v in node.inputs
        )
        handler(replace(node, inputs=inputs), importer)


def _narrow(node: OnnxNode, importer: _I, value: Value | None) -> Value | None:
    """A tensor of many axes for an operator that gives it fewer: its elements, in the file's order. Raises
    ModelError for any other operator."""
    if not isinstance(value, Activation) or not value.wide:
        return value
    if node.op_type not in ("Reshape", "Flatten"):
        raise node.error(
            f"works on a tensor of shape {value.shape}; accepted are (N, features), (N, C, L) and (N, C, "
            "H, W)"
        )
    frame = graph_shape(value)[1:]
    flat = Reshape((math.prod(frame),), ((frame, value.axes),) if value.axes else ())
    moved = importer.add(node, flat, value, suffix="_order")
    return replace(moved, shape=value.shape)


def _read_elementwise(node: OnnxNode, handler: Callable[[OnnxNode, _I], None], importer: _I) -> None:
    (axes,) = {v.axes for v in node.inputs if isinstance(v, Activation)}
    assert axes is not None
    handler(replace(node, inputs=tuple(_in_graph_order(v, axes) for v in node.inputs)), importer)
    for output in node.outputs:
        value = importer.values.get(output)
        if isinstance(value, Activation):
            shape = (value.shape[0], *(value.shape[1 + axis] for axis in axes))
            importer.values[output] = replace(value, shape=shape, axes=axes)


def _in_graph_order(value: Value | None, axes: Axes) -> Value | None:
    """A tensor of the file, or what broadcasts against it, with the axes of the graph's tensor."""
    if isinstance(value, Activation):
        return replace(value, shape=graph_shape(value), axes=None)
    if isinstance(value, Constant):
        return replace(value, array=_turned(value.array, axes))
    if isinstance(value, QuantizedConstant):
        return QuantizedConstant(*(_turned(a, axes) for a in (value.ints, value.scale, value.offset)))
    return None


def _turned(array: NDArray[Any], axes: Axes) -> NDArray[Any]:
    rank = len(axes) + 1
    if array.ndim > rank or array.size == 1:
        return array
    aligned = array.reshape((1,) * (rank - array.ndim) + array.shape)
    return aligned.transpose(0, *(1 + axis for axis in np.argsort(axes)))


def graph_shape(value: Activation) -> tuple[int, ...]:
    """The shape that a tensor has in the graph: its batch, its channels, and its other axes."""
    if value.axes is None:
        return value.shape
    return (value.shape[0], *(value.shape[1 + int(axis)] for axis in np.argsort(value.axes)))


def in_file_order(node: OnnxNode, importer: Reading, value: Activation) -> Activation:
    """The tensor with the first axis of the file as its channels: its elements move if they must."""
    return value if value.axes is None else with_channels(node, importer, value, 1)


def with_channels(node: OnnxNode, importer: Reading, value: Activation, axis: int) -> Activation:
    """The tensor with this axis of the file (0 is the batch) as its channels, and the others in the file's
    order behind: its elements move if they must."""
    rank = len(value.shape) - 1
    wanted = (axis - 1, *(k for k in range(rank) if k != axis - 1))
    behind = tuple(int(k) for k in np.argsort(wanted))
    now = value.axes or tuple(range(rank))
    order = tuple(now[k] for k in wanted)
    axes = None if behind == tuple(range(rank)) else behind
    if order == tuple(range(rank)):
        return replace(value, axes=axes)
    before = graph_shape(value)[1:]
    shape = tuple(before[k] for k in order)
    moved = importer.add(node, Reshape(shape, ((before, order),)), value, suffix="_transposed")
    return replace(moved, shape=value.shape, axes=axes)


def transposed(value: Activation, perm: Sequence[int]) -> Activation:
    """The same tensor with its axes, the batch among them and first, in another order."""
    now = value.axes or tuple(range(len(value.shape) - 1))
    axes = tuple(now[axis - 1] for axis in perm[1:])
    shape = tuple(value.shape[axis] for axis in perm)
    return replace(value, shape=shape, axes=None if axes == tuple(range(len(axes))) else axes)


def channel_axis(value: Activation) -> int:
    """The axis of the file (0 is the batch) that is the channels' in the graph."""
    return 1 if value.axes is None else 1 + value.axes.index(0)


def with_length(made: Activation, like: Activation, axis: int, length: int) -> Activation:
    """What was ``made`` of a tensor ``like`` it, whose axes it has, with another length of one of them."""
    shape = tuple(length if k == axis else n for k, n in enumerate(like.shape))
    return replace(made, shape=shape, axes=like.axes)
