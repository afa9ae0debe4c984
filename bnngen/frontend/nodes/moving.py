"""Operators that put elements elsewhere: Concat, Split, Slice, Resize and Upsample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.importer import Importer, handles
from bnngen.frontend.limits import check_elements
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.values import Activation, OnnxShape
from bnngen.ir.moves import ChannelSlice, Concatenation, Upsampling

CHANNELS = 1
"""The axis of the channels in a file."""
NEAREST: dict[str, Callable[[Fraction], int]] = {
    "round_prefer_floor": lambda at: ceil(at - Fraction(1, 2)),
    "round_prefer_ceil": lambda at: floor(at + Fraction(1, 2)),
    "floor": floor,
    "ceil": ceil,
}
"""Which element of the input is meant by a place between two."""


@handles("Concat")
def read_concat(node: OnnxNode, importer: Importer) -> None:
    """Along the channels."""
    values = [node.input(index) for index in range(len(node.inputs))]
    if not any(isinstance(value, Activation) for value in values):
        arrays = [node.constant(index, "a part").array for index in range(len(values))]
        importer.fold(node, _joined(node, arrays))
        return
    maps = [node.activation(index) for index in range(len(values))]
    _channels_only(node, maps[0].shape)
    if len({len(value.shape) for value in maps}) > 1:
        raise node.error(
            f"joins tensors of shapes {[value.shape for value in maps]}; they must have equal rank"
        )
    importer.values[node.output(0)] = importer.add(node, Concatenation(), *maps)


def _joined(node: OnnxNode, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    check_elements((sum(array.size for array in arrays),), "a constant")
    return np.concatenate(arrays, axis=node.axis(arrays[0].ndim, 0))


@handles("Split")
def read_split(node: OnnxNode, importer: Importer) -> None:
    """Along the channels."""
    value = node.activation()
    _channels_only(node, value.shape)
    sizes = _sizes(node, value.shape[CHANNELS])
    if len(sizes) != len(node.outputs) or sum(sizes) != value.shape[CHANNELS]:
        raise node.error(f"makes {len(node.outputs)} parts of {sizes} of {value.shape[CHANNELS]} channels")
    for number, (first, last) in enumerate(pairwise(np.cumsum([0, *sizes]).tolist())):
        if node.outputs[number]:
            _cut(node, importer, value, first, last, number)


def _sizes(node: OnnxNode, channels: int) -> list[int]:
    """The parts: an attribute up to opset 12, an input from 13 on; without them as equal as can be."""
    if "split" in node.attributes:
        return list(node.attributes["split"])
    if node.has_input(1):
        return node.whole(1, "its sizes")
    parts = node.attributes.get("num_outputs", len(node.outputs))
    if parts < 1 or (channels % parts and "num_outputs" not in node.attributes):
        raise node.error(f"makes {parts} equal parts of {channels} channels")
    size = -(-channels // parts)
    return [*[size] * (parts - 1), channels - size * (parts - 1)]


@handles("Slice")
def read_slice(node: OnnxNode, importer: Importer) -> None:
    """Some of the channels; of the whole range along any other axis."""
    value = node.activation()
    names = ("starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (_numbers(node, name, index) for index, name in enumerate(names, start=1))
    if starts is None or ends is None:
        raise node.error("lacks its starts or ends")
    rank, first, last = len(value.shape), 0, value.shape[CHANNELS]
    places = [checked_axis(node, a, rank) for a in axes or range(len(starts))]
    if len(set(places)) < len(places):
        raise node.error(f"names an axis twice: {places}")
    for axis, start, end, by in zip(places, starts, ends, steps or [1] * len(starts), strict=True):
        begin, stop, step = slice(start, end, by).indices(value.shape[axis])
        if axis == CHANNELS and step == 1:
            first, last = begin, stop
        elif (begin, stop, step) != (0, value.shape[axis], 1):
            raise node.error(f"of the axis {axis} by {step} is not supported; it may cut channels, by 1")
    _cut(node, importer, value, first, last, 0)


def _numbers(node: OnnxNode, name: str, index: int) -> list[int] | None:
    """Whole numbers: an attribute in old files, an input in newer ones."""
    if name in node.attributes:
        return list(node.attributes[name])
    return node.whole(index, f"its {name}") if node.has_input(index) else None


def _cut(node: OnnxNode, importer: Importer, value: Activation, first: int, last: int, number: int) -> None:
    suffix = f"_{number}" if len(node.outputs) > 1 else ""
    importer.values[node.outputs[number]] = importer.add(
        node, ChannelSlice(first, last), value, suffix=suffix
    )


@handles("Upsample")
def read_upsample(node: OnnxNode, importer: Importer) -> None:
    """The forerunner of Resize: element i of the output is element floor(i / scale) of the input."""
    value, scales = node.activation(), node.attributes.get("scales")
    if scales is None:
        scales = _scales(node, 1)
    _repeat(node, importer, value, scales, "asymmetric", "floor")


@handles("Resize")
def read_resize(node: OnnxNode, importer: Importer) -> None:
    """Nearest neighbours, by whole factors."""
    value = node.activation()
    if "axes" in node.attributes:
        raise node.error("with axes is not supported; give a scale for every axis")
    for name, usual in (("antialias", 0), ("exclude_outside", 0), ("keep_aspect_ratio_policy", "stretch")):
        if (found := node.attributes.get(name, usual)) != usual:
            raise node.error(f"with {name} = {found} is not supported")
    if node.has_input(3):
        sizes = node.whole(3, "its sizes")
        scales = [float(Fraction(size, n)) for size, n in zip(sizes, value.shape, strict=True)]
    else:
        # up to opset 10 the scales are the second input
        scales = _scales(node, min(2, len(node.inputs) - 1))
    new = importer.opset > 10
    transform = node.attributes.get("coordinate_transformation_mode", "half_pixel" if new else "asymmetric")
    nearest = node.attributes.get("nearest_mode", "round_prefer_floor" if new else "floor")
    _repeat(node, importer, value, scales, transform, nearest)


def _scales(node: OnnxNode, index: int) -> list[float]:
    return [float(scale) for scale in node.constant(index, "its scales").array.reshape(-1)]


def _repeat(
    node: OnnxNode,
    importer: Importer,
    value: Activation,
    scales: Sequence[float],
    transform: str,
    nearest: str,
) -> None:
    mode = node.attributes.get("mode", "nearest")
    whole = all(float(scale).is_integer() and scale >= 1 for scale in scales)
    if mode != "nearest" or len(scales) != len(value.shape) or not whole or set(scales[:2]) != {1.0}:
        raise node.error(
            f"in mode {mode} by {list(scales)} of {value.shape} is not supported; accepted is mode nearest "
            "by whole numbers along the axes behind the channels"
        )
    factors = tuple(int(scale) for scale in scales[2:])
    check_elements((*value.shape[1:], *factors))
    for length, factor in zip(value.shape[2:], factors, strict=True):
        if not _repeats(length, factor, transform, nearest):
            raise node.error(
                f"with coordinates {transform} and {nearest} does not repeat each element {factor} times; "
                "accepted are asymmetric and floor, or half_pixel and round_prefer_floor"
            )
    importer.values[node.output(0)] = importer.add(node, Upsampling(factors), value)


def _repeats(length: int, factor: int, transform: str, nearest: str) -> bool:
    """Whether every element of an axis is repeated ``factor`` times."""
    if transform not in ("asymmetric", "half_pixel", "pytorch_half_pixel") or nearest not in NEAREST:
        return False
    shift = Fraction(0) if transform == "asymmetric" else Fraction(1, 2)
    places = ((i + shift) / factor - shift for i in range(length * factor))
    return all(min(max(NEAREST[nearest](at), 0), length - 1) == i // factor for i, at in enumerate(places))


def _channels_only(node: OnnxNode, shape: OnnxShape) -> None:
    axis = node.axis(len(shape), 0)
    if axis != CHANNELS:
        raise node.error(
            f"along axis {axis} of {shape} is not supported; accepted is 1, that of the channels"
        )
