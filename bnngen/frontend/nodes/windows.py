"""Conv and the pooling operators: everything with a sliding window."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import MOST_TAPS, check_elements
from bnngen.frontend.nodes.linear import row_scale
from bnngen.frontend.nodes.weights import integer_weights
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Op
from bnngen.ir.layers import Convolution, Pooling
from bnngen.ir.window import Axes, Window
from bnngen.numbers.exact import exact_array

ZERO = exact_array(0)


@handles("Conv")
def read_conv(node: OnnxNode, importer: Importer) -> None:
    """y = W * x + bias, over one or two axes."""
    value = read_map(node)
    weights, scale = integer_weights(node)
    if weights.ndim != len(value.shape):
        raise node.error(f"has weights of shape {weights.shape} for a tensor of shape {value.shape}")
    window, groups = _window(node, value, weights.shape[2:]), node.attributes.get("group", 1)
    if groups < 1 or weights.shape[1] * groups != value.shape[1] or weights.shape[0] % groups:
        raise node.error(
            f"has weights of shape {weights.shape} in {groups} groups for {value.shape[1]} channels"
        )
    rows = np.moveaxis(weights, 1, -1).reshape(len(weights), -1)
    convolved = add_windowed(node, importer, Convolution(rows, window, groups), value, window)
    scales = row_scale(node, scale, 0, weights.shape)
    bias = ZERO
    if node.has_input(2):
        bias = node.constant(2, "its bias").exact()
        if node.input(2).shape != (len(weights),):
            raise node.error(f"has a bias of shape {bias.shape} for {len(weights)} channels")
    if any(s != 1 for s in scales) or any(bias):
        convolved = importer.add(node, Affine(scales, bias), convolved, suffix="_scale")
    importer.values[node.output(0)] = convolved


@handles("MaxPool")
def read_max_pool(node: OnnxNode, importer: Importer) -> None:
    """The greatest element of each window."""
    value = read_map(node)
    window = _pool_window(node, value)
    importer.values[node.output(0)] = add_windowed(node, importer, Pooling(window), value, window)


@handles("GlobalMaxPool")
def read_global_max_pool(node: OnnxNode, importer: Importer) -> None:
    """The greatest element of each channel."""
    value = read_map(node)
    window = Window.plain(value.shape[2:])
    importer.values[node.output(0)] = add_windowed(node, importer, Pooling(window), value, window)


@handles("AveragePool")
def read_average_pool(node: OnnxNode, importer: Importer) -> None:
    """The mean of each window."""
    value = read_map(node)
    window, given = _pool_window(node, value), _window(node, value, tuple(node.attributes["kernel_shape"]))
    if node.flag("count_include_pad") and window != given:
        raise node.error(
            "with ceil_mode = 1 counts padding where windows are cut off, which tools do in different "
            "ways; use "
            "count_include_pad = 0, or no ceil_mode"
        )
    counts = _counts(node, value, window)
    if len(counts) > 1:
        raise node.error(
            f"divides by {', '.join(map(str, sorted(counts)))}, by fewer where a window is cut off at the "
            "border; "
            "use count_include_pad = 1, no padding, or no ceil_mode"
        )
    _average(node, importer, value, window, counts.pop())


@handles("GlobalAveragePool")
def read_global_average_pool(node: OnnxNode, importer: Importer) -> None:
    """The mean of each channel."""
    value = read_map(node)
    window = Window.plain(value.shape[2:])
    _average(node, importer, value, window, window.taps)


def _average(node: OnnxNode, importer: Importer, value: Activation, window: Window, count: int) -> None:
    """The sum, a depthwise convolution of ones, then 1/count."""
    channels = value.shape[1]
    _check_taps(node, window, value, 1)
    ones = Convolution(np.ones((channels, window.taps), np.int64), window, channels)
    pooled = add_windowed(node, importer, ones, value, window)
    mean = Affine(exact_array(Fraction(1, count)), ZERO)
    importer.values[node.output(0)] = importer.add(node, mean, pooled, suffix="_mean")


def read_map(node: OnnxNode) -> Activation:
    """The input. Raises ModelError if it is no sequence and no map."""
    value = node.activation()
    if len(value.shape) not in (3, 4):
        raise node.error(f"takes a tensor of shape (N, C, L) or (N, C, H, W), not {value.shape}")
    return value


def add_windowed(
    node: OnnxNode, importer: Importer, op: Op, value: Activation, window: Window, suffix: str = ""
) -> Activation:
    """An operator with this window behind a tensor. Raises ModelError or ValueError if it sees too much."""
    _check_size(node, value, window, math.prod(window.outputs(value.shape[2:])))
    return importer.add(node, op, value, suffix=suffix)


def _check_size(node: OnnxNode, value: Activation, window: Window, positions: int) -> None:
    padded = map(sum, zip(value.shape[2:], window.before, window.after, strict=True))
    check_elements((*padded, value.shape[1]), "a padded map")
    _check_taps(node, window, value, positions)


def _check_taps(node: OnnxNode, window: Window, value: Activation, positions: int) -> None:
    if (count := window.taps * value.shape[1] * positions) > MOST_TAPS:
        raise node.error(
            f"has windows that see {count:,} elements together; at most {MOST_TAPS:,} are supported"
        )


def _pool_window(node: OnnxNode, value: Activation) -> Window:
    """The window of a pool, with as much padding at the end as ``ceil_mode`` lets the last windows reach
    over."""
    window = _window(node, value, tuple(node.attributes["kernel_shape"]))
    if not node.flag("ceil_mode"):
        return window
    axes = zip(value.shape[2:], window.before, window.after, window.reach, window.strides, strict=True)
    return replace(window, after=tuple(_after(*numbers) for numbers in axes))


def _after(length: int, before: int, after: int, reach: int, stride: int) -> int:
    """The padding at the end of an axis: a window more that is cut off there must begin in front of it."""
    windows = -(-(before + length + after - reach) // stride) + 1
    if (windows - 1) * stride >= before + length:
        windows -= 1
    return max(after, (windows - 1) * stride + reach - length - before)


def _counts(node: OnnxNode, value: Activation, window: Window) -> set[int]:
    """By how many elements an AveragePool divides, at all positions; padding counts on demand."""
    counted, positions = node.flag("count_include_pad"), window.outputs(value.shape[2:])
    _check_size(node, value, window, math.prod(positions))
    by_axis = []
    for axis, (length, count) in enumerate(zip(value.shape[2:], positions, strict=True)):
        starts = np.arange(count) * window.strides[axis] - window.before[axis]
        taps = starts[:, None] + np.arange(window.kernel[axis]) * window.dilations[axis]
        inside = counted | ((taps >= 0) & (taps < length))
        by_axis.append(set(inside.sum(axis=1).tolist()))
    counts = {math.prod(numbers) for numbers in itertools.product(*by_axis)}
    if 0 in counts:
        raise node.error("has windows that see nothing but padding")
    return counts


def _window(node: OnnxNode, value: Activation, kernel: Axes) -> Window:
    rank, attributes = len(kernel), node.attributes
    if tuple(attributes.get("kernel_shape", kernel)) != tuple(kernel):
        raise node.error(f"has kernel_shape {attributes['kernel_shape']}, but weights for {tuple(kernel)}")
    strides = tuple(attributes.get("strides", (1,) * rank))
    dilations = tuple(attributes.get("dilations", (1,) * rank))
    pads = tuple(attributes.get("pads", (0,) * 2 * rank))
    if len(pads) != 2 * rank:
        raise node.error(f"has pads {list(pads)} for {rank} axes; accepted are {2 * rank} numbers")
    window = Window(tuple(kernel), strides, dilations, pads[:rank], pads[rank:])
    mode = attributes.get("auto_pad", "NOTSET")
    if mode != "NOTSET" and any(pads):
        raise node.error(f"has both pads and auto_pad {mode}, which exclude each other")
    if mode == "NOTSET":
        return window
    if mode == "VALID":
        return Window(window.kernel, strides, dilations, (0,) * rank, (0,) * rank)
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise node.error(f"has auto_pad {mode}; accepted are NOTSET, VALID, SAME_UPPER and SAME_LOWER")
    totals = [
        max((-(-n // s) - 1) * s + r - n, 0)
        for n, s, r in zip(value.shape[2:], strides, window.reach, strict=True)
    ]
    less, more = tuple(t // 2 for t in totals), tuple(-(-t // 2) for t in totals)
    before, after = (less, more) if mode == "SAME_UPPER" else (more, less)
    return Window(window.kernel, strides, dilations, before, after)
