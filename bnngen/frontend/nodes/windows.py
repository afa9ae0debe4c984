"""Conv and the pooling operators: everything with a sliding window."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from bnngen.exact import exact_array
from bnngen.frontend.importer import Importer, OnnxNode, handles
from bnngen.frontend.nodes.linear import integer_weights, row_scale
from bnngen.frontend.values import Activation
from bnngen.ops.window import Axes, Window
from bnngen.quantised import Affine, Convolution, MaxPool

ZERO = exact_array(0)


@handles("Conv")
def read_conv(node: OnnxNode, importer: Importer) -> None:
    """y = W * x + bias, over one or two axes."""
    value = _map(node)
    weights, scale = integer_weights(node)
    if weights.ndim != len(value.shape):
        raise node.error(f"has weights of shape {weights.shape} for a tensor of shape {value.shape}")
    window, groups = _window(node, value, weights.shape[2:]), node.attributes.get("group", 1)
    if weights.shape[1] * groups != value.shape[1] or weights.shape[0] % groups:
        raise node.error(
            f"has weights of shape {weights.shape} in {groups} groups for {value.shape[1]} channels"
        )
    rows = np.moveaxis(weights, 1, -1).reshape(len(weights), -1)
    convolved = _add(node, importer, Convolution(rows, window, groups), value, window, len(weights))
    scales = row_scale(node, scale, 0, weights.shape)
    bias = ZERO
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        bias = node.constant(2, "its bias").exact().reshape(-1)
    if any(s != 1 for s in scales) or any(bias):
        convolved = importer.add(
            node, Affine(scales, bias), convolved, shape=convolved.shape, suffix="_scale"
        )
    importer.values[node.outputs[0]] = convolved


@handles("MaxPool")
def read_max_pool(node: OnnxNode, importer: Importer) -> None:
    value = _map(node)
    window = _pool_window(node, value)
    pooled = _add(node, importer, MaxPool(window), value, window, value.shape[1])
    importer.values[node.outputs[0]] = pooled


@handles("AveragePool")
def read_average_pool(node: OnnxNode, importer: Importer) -> None:
    value = _map(node)
    window = _pool_window(node, value)
    if window.padded and not node.attributes.get("count_include_pad", 0):
        raise node.error("divides by fewer elements at the border; use count_include_pad = 1, or no padding")
    _average(node, importer, value, window)


@handles("GlobalAveragePool")
def read_global_average_pool(node: OnnxNode, importer: Importer) -> None:
    value = _map(node)
    _average(node, importer, value, Window.plain(value.shape[2:]))


def _average(node: OnnxNode, importer: Importer, value: Activation, window: Window) -> None:
    """The sum, a depthwise convolution of ones, then 1/n."""
    channels = value.shape[1]
    ones = Convolution(np.ones((channels, window.taps), np.int64), window, channels)
    pooled = _add(node, importer, ones, value, window, channels)
    mul = exact_array(Fraction(1, window.taps))
    importer.values[node.outputs[0]] = importer.add(
        node, Affine(mul, ZERO), pooled, shape=pooled.shape, suffix="_mean"
    )


def _map(node: OnnxNode) -> Activation:
    value = node.activation()
    if len(value.shape) not in (3, 4):
        raise node.error(f"takes a tensor of shape (N, C, L) or (N, C, H, W), not {value.shape}")
    return value


def _add(
    node: OnnxNode, importer: Importer, op: Any, value: Activation, window: Window, channels: int
) -> Activation:
    return importer.add(node, op, value, shape=(1, channels, *window.outputs(value.shape[2:])))


def _pool_window(node: OnnxNode, value: Activation) -> Window:
    if node.attributes.get("ceil_mode", 0) and _cuts(node, value):
        raise node.error("with ceil_mode = 1 would have windows that are cut off at the border")
    return _window(node, value, tuple(node.attributes["kernel_shape"]))


def _cuts(node: OnnxNode, value: Activation) -> bool:
    """Whether rounding up would add a window."""
    window, spatial = _window(node, value, tuple(node.attributes["kernel_shape"])), value.shape[2:]
    spans = zip(window.before, spatial, window.after, window.reach, window.strides, strict=True)
    return any((b + n + a - r) % s for b, n, a, r, s in spans)


def _window(node: OnnxNode, value: Activation, kernel: Axes) -> Window:
    rank, attributes = len(kernel), node.attributes
    if tuple(attributes.get("kernel_shape", kernel)) != tuple(kernel):
        raise node.error(f"has kernel_shape {attributes['kernel_shape']}, but weights for {tuple(kernel)}")
    strides = tuple(attributes.get("strides", (1,) * rank))
    dilations = tuple(attributes.get("dilations", (1,) * rank))
    pads = tuple(attributes.get("pads", (0,) * 2 * rank))
    window = Window(tuple(kernel), strides, dilations, pads[:rank], pads[rank:])
    mode = node.text("auto_pad", "NOTSET")
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
