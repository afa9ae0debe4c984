"""Operators that put elements elsewhere: Concat, Split, Resize and Upsample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.axes import channel_axis, in_file_order, with_length
from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import check_elements
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.moves import ChannelSlice, Concatenation, Upsampling

NEAREST: dict[str, Callable[[Fraction], int]] = {
    "round_prefer_floor": lambda at: ceil(at - Fraction(1, 2)),
    "round_prefer_ceil": lambda at: floor(at + Fraction(1, 2)),
    "floor": floor,
    "ceil": ceil,
}
"""Which element of the input is meant by a place between two."""


@handles("Concat", any_axes=True)
def read_concat(node: OnnxNode, importer: Importer) -> None:
    """Along the channels."""
    values = [node.input(index) for index in range(len(node.inputs))]
    if not any(isinstance(value, Activation) for value in values):
        arrays = [node.constant(index, "a part").array for index in range(len(values))]
        importer.fold(node, _joined(node, arrays))
        return
    maps = [node.activation(index) for index in range(len(values))]
    if len({value.axes for value in maps}) > 1:
        maps = [in_file_order(node, importer, value) for value in maps]
    axis = _channels_only(node, maps[0])
    if len({len(value.shape) for value in maps}) > 1:
        raise node.error(
            f"joins tensors of shapes {[value.shape for value in maps]}; they must have equal rank"
        )
    joined = importer.add(node, Concatenation(), *maps)
    importer.values[node.output(0)] = with_length(
        joined, maps[0], axis, sum(value.shape[axis] for value in maps)
    )


def _joined(node: OnnxNode, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    check_elements((sum(array.size for array in arrays),), "a constant")
    return np.concatenate(arrays, axis=node.axis(arrays[0].ndim, 0))


@handles("Split", any_axes=True)
def read_split(node: OnnxNode, importer: Importer) -> None:
    """Along the channels."""
    value = node.activation()
    axis = _channels_only(node, value)
    sizes = _sizes(node, value.shape[axis])
    if len(sizes) != len(node.outputs) or sum(sizes) != value.shape[axis]:
        raise node.error(f"makes {len(node.outputs)} parts of {sizes} of {value.shape[axis]} channels")
    for number, (first, last) in enumerate(pairwise(np.cumsum([0, *sizes]).tolist())):
        if node.outputs[number]:
            suffix = f"_{number}" if len(node.outputs) > 1 else ""
            part = importer.add(node, ChannelSlice(first, last), value, suffix=suffix)
            importer.values[node.outputs[number]] = with_length(part, value, axis, last - first)


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
        if len(sizes) != len(value.shape):
            raise node.error(f"takes a size for each axis of {value.shape}, not {sizes}")
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
    if len(scales) != len(value.shape):
        raise node.error(f"takes a scale for each axis of {value.shape}, not {list(scales)}")
    whole = all(float(scale).is_integer() and scale >= 1 for scale in scales)
    if mode != "nearest" or not whole or set(scales[:2]) != {1.0}:
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


def _channels_only(node: OnnxNode, value: Activation) -> int:
    """The axis that is worked on. Raises ModelError if it is not that of the channels."""
    axis, channels = node.axis(len(value.shape), 0), channel_axis(value)
    if axis != channels:
        raise node.error(
            f"along axis {axis} of {value.shape} is not supported; accepted is {channels}, that of the "
            "channels"
        )
    return axis
