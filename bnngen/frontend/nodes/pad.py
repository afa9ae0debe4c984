"""Pad: positions in front of a map and behind it, which hold one number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from bnngen.frontend.axes import channel_axis, graph_shape, with_channels
from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import check_elements
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.layers import Convolution
from bnngen.ir.window import Window
from bnngen.numbers.exact import Exact

Edges = list[tuple[int, int]]
"""For each axis how many positions come in front and behind."""


@handles("Pad", any_axes=True)
def read_pad(node: OnnxNode, importer: Importer) -> None:
    """With one number, along the axes behind the channels: a convolution with one tap, whose padding it
    is."""
    value = node.input(0)
    if (mode := node.attributes.get("mode", "constant")) != "constant":
        raise node.error(
            f"in mode {mode} is not supported; accepted is constant: use zeros, as padding of Conv"
        )
    edges, number = _edges(node, len(value.shape)), _number(node)
    if not isinstance(value, Activation):
        if min(min(edge) for edge in edges) < 0:
            raise node.error("crops a constant, which is not supported")
        check_elements(tuple(a + n + b for n, (a, b) in zip(value.shape, edges, strict=True)), "a constant")
        array: Any = node.constant(0, "its data").exact()
        importer.fold(node, np.pad(array, edges, constant_values=cast(Any, number)))
    elif not any(map(any, edges)):
        importer.values[node.output(0)] = value
    else:
        importer.values[node.output(0)] = _padded(node, importer, value, edges, number)


def _edges(node: OnnxNode, rank: int) -> Edges:
    """Attributes in old files, inputs in newer ones; those of the axes that are named, else of all."""
    if "pads" in node.attributes:
        pads: Sequence[int] = node.attributes["pads"]
    else:
        pads = node.whole(1, "its pads")
    axes = node.whole(3, "its axes") if node.has_input(3) else list(range(rank))
    if len(pads) != 2 * len(axes):
        raise node.error(f"has {len(pads)} pads for {len(axes)} axes; accepted are two for each")
    edges = [(0, 0)] * rank
    for place, axis in enumerate(axes):
        edges[checked_axis(node, axis, rank)] = (pads[place], pads[place + len(axes)])
    return edges


def _number(node: OnnxNode) -> Exact:
    if not node.has_input(2):
        return Exact.of(node.attributes.get("value", 0.0))
    array = node.constant(2, "its value").exact()
    if array.size != 1:
        raise node.error(f"takes one number as its value, not an array of shape {array.shape}")
    result: Exact = array.reshape(-1)[0]
    return result


def _padded(node: OnnxNode, importer: Importer, value: Activation, edges: Edges, number: Exact) -> Activation:
    if not any(edges[channel_axis(value)]) and len(value.shape) in (3, 4) and not any(edges[0]):
        channels = channel_axis(value)
    else:
        channels = next((k for k in range(1, len(value.shape)) if not any(edges[k])), 0)
    if not channels or len(value.shape) not in (3, 4) or any(edges[0]):
        raise node.error(
            f"adds positions to the batch or the channels of {value.shape}, by {edges}; accepted are the "
            "axes behind "
            "them, of (N, C, L) or (N, C, H, W)"
        )
    if min(min(edge) for edge in edges) < 0:
        raise node.error(f"crops {value.shape} by {edges}; accepted are pads of 0 and above")
    value = with_channels(node, importer, value, channels)
    order = np.argsort(value.axes) if value.axes is not None else range(len(edges) - 1)
    spatial = [edges[1 + int(k)] for k in order][1:]
    ones = (1,) * len(spatial)
    window = Window(ones, ones, ones, tuple(a for a, _ in spatial), tuple(b for _, b in spatial))
    count = graph_shape(value)[1]
    sizes = [a + n + b for n, (a, b) in zip(graph_shape(value)[2:], spatial, strict=True)]
    check_elements((*sizes, count), "a padded map")
    op = Convolution(np.ones((count, 1), np.int64), window, count, number)
    made = importer.add(node, op, value)
    shape = tuple(a + n + b for n, (a, b) in zip(value.shape, edges, strict=True))
    return Activation(made.name, shape, axes=value.axes)
