"""How each kind of layer is written: the operators whose reader makes this layer again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.convert.writer import NetworkWriter, Tensor, writes
from bnngen.ir.window import Window
from bnngen.numbers.exact import exact_array
from bnngen.ops.add import Add
from bnngen.ops.argmax import ClassIndex
from bnngen.ops.concat import Concat
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.depth_to_space import DepthToSpace
from bnngen.ops.global_max_pool import GlobalMaxPool
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.slice import Slice
from bnngen.ops.space_to_depth import SpaceToDepth
from bnngen.ops.threshold import Threshold
from bnngen.ops.upsample import Upsample

CHANNELS = 1
"""The axis of the channels in a file."""


@writes(Dense)
def write_dense(writer: NetworkWriter, op: Dense, name: str, inputs: list[Tensor]) -> Tensor:
    """Flatten, then MatMul with the columns in the file's order."""
    x, places = writer.flattened(inputs[0], name)
    weights = writer.weights(np.ascontiguousarray(op.weights[:, places].T), name)
    sums = writer.step("MatMul", x, weights, name=name, shape=(len(op.weights),))
    return _activated(writer, sums, op.activation, name)


@writes(Conv2d)
def write_conv(writer: NetworkWriter, op: Conv2d, name: str, inputs: list[Tensor]) -> Tensor:
    """Conv, which pads with zeros: where another number is padded, the map is moved by it, then back."""
    x, rows = inputs[0], len(op.weights)
    taps = op.weights.reshape(rows, *op.window.kernel, -1)
    weights = writer.weights(np.ascontiguousarray(np.moveaxis(taps, -1, 1)), name)
    x = writer.affine(x, None, exact_array(-op.pad), f"{name}_pad")
    shape = (*op.positions, rows)
    sums = writer.step("Conv", x, weights, name=name, shape=shape, group=op.groups, **_window(op.window))
    back = exact_array(op.pad * op.weights.sum(axis=1))
    return _activated(writer, writer.affine(sums, None, back, f"{name}_back"), op.activation, name)


def _window(window: Window) -> dict[str, Sequence[int]]:
    return {
        "kernel_shape": window.kernel,
        "strides": window.strides,
        "dilations": window.dilations,
        "pads": (*window.before, *window.after),
    }


@writes(Add)
def write_add(writer: NetworkWriter, op: Add, name: str, inputs: list[Tensor]) -> Tensor:
    """Mul on each side, then Add; of one tensor there are thresholds only."""
    factors = (np.atleast_1d(np.array(factor, np.int64)) for factor in op.factors)
    scaled = [writer.affine(x, exact_array(f), None, name) for x, f in zip(inputs, factors, strict=True)]
    if len(scaled) == 1 and op.activation is not None:
        return writer.thresholds(scaled[0], op.activation, name)
    total = scaled[0]
    for x in scaled[1:-1]:
        total = writer.extra("Add", total, x.name, wish=f"{name}_sum")
    return _activated(writer, writer.step("Add", total, scaled[-1].name, name=name), op.activation, name)


def _activated(writer: NetworkWriter, x: Tensor, activation: Threshold | None, name: str) -> Tensor:
    return x if activation is None else writer.thresholds(x, activation, writer.free_name(f"{name}_act"))


@writes(MaxPool)
def write_max_pool(writer: NetworkWriter, op: MaxPool, name: str, inputs: list[Tensor]) -> Tensor:
    """MaxPool; the least is the greatest of the negatives."""
    turned, turns = _turned(writer, inputs[0], op.least, name)
    shape = (*op.positions, op.channels)
    pooled = writer.step("MaxPool", turned, name=name, shape=shape, **_window(op.window))
    return writer.affine(pooled, turns, None, f"{name}_back")


@writes(GlobalMaxPool)
def write_global_max_pool(
    writer: NetworkWriter, op: GlobalMaxPool, name: str, inputs: list[Tensor]
) -> Tensor:
    """The same over the whole map."""
    turned, turns = _turned(writer, inputs[0], op.least, name)
    shape = (*(1 for _ in op.spatial), op.channels)
    pooled = writer.step("GlobalMaxPool", turned, name=name, shape=shape)
    return writer.affine(pooled, turns, None, f"{name}_back")


def _turned(writer: NetworkWriter, x: Tensor, least: NDArray[np.bool_], name: str) -> tuple[Tensor, Any]:
    turns = exact_array(np.where(least, -1, 1))
    return writer.affine(x, turns, None, f"{name}_turned"), turns


@writes(Concat)
def write_concat(writer: NetworkWriter, op: Concat, name: str, inputs: list[Tensor]) -> Tensor:
    """Along the channels."""
    shape = (*op.spatial, sum(op.channels))
    others = [x.name for x in inputs[1:]]
    return writer.step("Concat", inputs[0], *others, name=name, shape=shape, axis=CHANNELS)


@writes(Slice)
def write_slice(writer: NetworkWriter, op: Slice, name: str, inputs: list[Tensor]) -> Tensor:
    """Of the channels."""
    ends = (writer.array(np.array([k], np.int64), f"{name}_range") for k in (op.first, op.last, CHANNELS))
    shape = (*op.shape[:-1], op.last - op.first)
    return writer.step("Slice", inputs[0], *ends, name=name, shape=shape)


@writes(Upsample)
def write_upsample(writer: NetworkWriter, op: Upsample, name: str, inputs: list[Tensor]) -> Tensor:
    """Resize to the nearest neighbour."""
    scales = writer.array(np.array([1, 1, *op.factors], np.float32), f"{name}_scales")
    spatial = (n * k for n, k in zip(op.shape, op.factors, strict=False))
    return writer.step(
        "Resize",
        inputs[0],
        *("", scales),
        name=name,
        shape=(*spatial, op.shape[-1]),
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )


@writes(ClassIndex)
def write_class_index(writer: NetworkWriter, op: ClassIndex, name: str, inputs: list[Tensor]) -> Tensor:
    """ArgMax over the classes, the lowest index at a tie."""
    x = inputs[0] if op.spatial else writer.flattened(inputs[0], name)[0]
    if op.offsets:
        x = writer.affine(x, exact_array(1 << op.shift), exact_array(op.offsets), name)
    return writer.step("ArgMax", x, name=name, shape=(*op.spatial, 1), axis=CHANNELS, keepdims=1)


@writes(DepthToSpace)
def write_depth_to_space(writer: NetworkWriter, op: DepthToSpace, name: str, inputs: list[Tensor]) -> Tensor:
    """Reshape, Transpose, Reshape: blocks may be wider than high."""
    (height, width, channels), (down, along) = op.result, op.blocks
    frame = (down, along, channels, height // down, width // along)
    return writer.transposed(inputs[0], [(frame, (2, 3, 0, 4, 1))], op.result, name, name)


@writes(SpaceToDepth)
def write_space_to_depth(writer: NetworkWriter, op: SpaceToDepth, name: str, inputs: list[Tensor]) -> Tensor:
    """The other way round."""
    (height, width, _), (down, along) = op.result, op.blocks
    frame = (op.shape[-1], height, down, width, along)
    return writer.transposed(inputs[0], [(frame, (2, 4, 0, 1, 3))], op.result, name, name)
