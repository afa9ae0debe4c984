"""ConvTranspose: one convolution for all of its phases, whose outputs then lie side by side.

With stride s, output s*m + r of an axis sees the inputs m + (r + pad - t*d)/s for those taps t for which
that is a whole number. So each r is a convolution of stride 1 with some of the taps; their outputs are the
channels of one, blocks of which become positions. No zero is ever inserted, or multiplied by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import check_elements
from bnngen.frontend.nodes.linear import row_scale
from bnngen.frontend.nodes.weights import integer_weights
from bnngen.frontend.nodes.windows import add_windowed, read_map
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Convolution
from bnngen.ir.moves import Reshape
from bnngen.ir.window import Axes, Window
from bnngen.numbers.exact import exact_array


@dataclass(frozen=True)
class _Axis:
    """One axis: ``size`` inputs, the weights' numbers, and how many ``outputs`` there are."""

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    outputs: int

    @property
    def blocks(self) -> int:
        """Positions of the convolution: each makes ``stride`` outputs, the last perhaps more than there
        are."""
        return -(-self.outputs // self.stride)

    @property
    def offsets(self) -> dict[tuple[int, int], int]:
        """By phase and tap, which input from the position on is seen."""
        pairs = ((r, t) for r in range(self.stride) for t in range(self.kernel))
        distances = {(r, t): r + self.before - t * self.dilation for r, t in pairs}
        return {pair: d // self.stride for pair, d in distances.items() if d % self.stride == 0}

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last input from the position on that a window sees, with no input left over."""
        return min(0, *self.offsets.values()), max(*self.offsets.values(), self.size - self.blocks)


@handles("ConvTranspose")
def read_conv_transpose(node: OnnxNode, importer: Importer) -> None:
    """y = W * x + bias, with zeros between the elements of x."""
    value = read_map(node)
    weights, scale = integer_weights(node, axis=1)
    groups = node.attributes.get("group", 1)
    if (
        weights.ndim != len(value.shape)
        or groups < 1
        or len(weights) != value.shape[1]
        or len(weights) % groups
    ):
        raise node.error(
            f"has weights of shape {weights.shape} in {groups} groups for a tensor of shape {value.shape}"
        )
    axes = _axes(node, value, weights.shape[2:])
    channels = weights.shape[1] * groups
    made = _blocks(node, importer, value, axes, weights, groups)
    scales, bias = row_scale(node, scale, 1, weights.shape), exact_array(0)
    if node.has_input(2):
        bias = node.constant(2, "its bias").exact()
        if node.input(2).shape != (channels,):
            raise node.error(f"has a bias of shape {bias.shape} for {channels} channels")
    if any(s != 1 for s in scales) or any(bias):
        scales = scales if len(scales) == 1 else np.tile(scales, groups)
        made = importer.add(node, Affine(scales, bias), made, suffix="_scale")
    importer.values[node.output(0)] = made


def _axes(node: OnnxNode, value: Activation, kernel: Axes) -> list[_Axis]:
    rank, given = len(kernel), node.attributes
    if tuple(given.get("kernel_shape", kernel)) != tuple(kernel):
        raise node.error(f"has kernel_shape {given['kernel_shape']}, but weights for {tuple(kernel)}")
    if given.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or "output_shape" in given:
        raise node.error("with auto_pad or output_shape is not supported; give pads and output_padding")
    strides, dilations = (given.get(name, [1] * rank) for name in ("strides", "dilations"))
    pads, more = given.get("pads", [0] * 2 * rank), given.get("output_padding", [0] * rank)
    if [len(numbers) for numbers in (strides, dilations, more, pads)] != [rank, rank, rank, 2 * rank]:
        raise node.error(f"has strides, dilations, pads or output_padding for other than {rank} axes")
    if min(*strides, *dilations) < 1 or min(*pads, *more) < 0:
        raise node.error("has strides or dilations below 1, or pads below 0")
    check_elements((*strides, *kernel), "weights")
    axes = []
    for k, (n, t, s, d) in enumerate(zip(value.shape[2:], kernel, strides, dilations, strict=True)):
        outputs = (n - 1) * s + (t - 1) * d + 1 + more[k] - pads[k] - pads[rank + k]
        axes.append(_Axis(n, t, s, d, pads[k], outputs))
    if min(axis.outputs for axis in axes) < 1:
        raise node.error(f"has padding {pads} that leaves nothing of its outputs")
    return axes


def _blocks(
    node: OnnxNode,
    importer: Importer,
    value: Activation,
    axes: list[_Axis],
    weights: NDArray[np.int64],
    groups: int,
) -> Activation:
    """All outputs without scale and bias."""
    each, channels = weights.shape[1], weights.shape[1] * groups
    strides = tuple(axis.stride for axis in axes)
    window = _window(axes)
    check_elements((channels * math.prod(strides), window.taps * len(weights) // groups), "weights")
    rows = _rows(axes, weights, window, groups)
    made = add_windowed(node, importer, Convolution(rows, window, groups), value, window)
    if math.prod(strides) > 1:
        rank, maps = len(axes), tuple(axis.blocks for axis in axes)
        behind = (k for axis in range(rank) for k in (2 + rank + axis, 1 + axis))
        order = ((groups, *strides, each, *maps), (0, 1 + rank, *behind))
        shape = (channels, *(m * s for m, s in zip(maps, strides, strict=True)))
        made = importer.add(node, Reshape(shape, (order,)), made, suffix="_blocks")
    return _cropped(node, importer, made, axes)


def _window(axes: list[_Axis]) -> Window:
    ones, spans = (1,) * len(axes), [axis.span for axis in axes]
    kernel = tuple(last - first + 1 for first, last in spans)
    before = tuple(-first for first, _ in spans)
    lasts = (last for _, last in spans)
    after = tuple(axis.blocks + last - axis.size for axis, last in zip(axes, lasts, strict=True))
    return Window(kernel, ones, ones, before, after)


def _rows(axes: list[_Axis], weights: NDArray[np.int64], window: Window, groups: int) -> NDArray[np.int64]:
    """The weights of the convolution: group by group, phase by phase, channel by channel."""
    inputs, each = len(weights) // groups, weights.shape[1]
    strides = tuple(axis.stride for axis in axes)
    rows = np.zeros((groups, *strides, each, *window.kernel, inputs), np.int64)
    grouped = np.moveaxis(weights.reshape(groups, inputs, each, *weights.shape[2:]), 1, -1)
    offsets = [axis.offsets for axis in axes]
    for pairs in np.ndindex(*(len(found) for found in offsets)):
        chosen = [list(found.items())[k] for found, k in zip(offsets, pairs, strict=True)]
        phase = tuple(r for (r, _), _ in chosen)
        tap = tuple(t for (_, t), _ in chosen)
        place = tuple(offset + before for (_, offset), before in zip(chosen, window.before, strict=True))
        rows[(slice(None), *phase, slice(None), *place)] += grouped[(slice(None), slice(None), *tap)]
    return rows.reshape(groups * math.prod(strides) * each, -1)


def _cropped(node: OnnxNode, importer: Importer, value: Activation, axes: list[_Axis]) -> Activation:
    """Without the positions at the end that are too many: a convolution that sees the first tap only."""
    beyond = [axis.blocks * axis.stride - axis.outputs for axis in axes]
    if not any(beyond):
        return value
    window = Window.plain(tuple(1 + many for many in beyond))
    taps = np.zeros((value.shape[1], window.taps), np.int64)
    taps[:, 0] = 1
    return add_windowed(node, importer, Convolution(taps, window, value.shape[1]), value, window, "_cropped")
