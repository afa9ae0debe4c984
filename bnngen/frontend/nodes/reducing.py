"""ReduceMean, ReduceSum, ReduceMax and ReduceMin: pools over whole axes.

Of constants these and ReduceL1, exactly: so XNOR-Net's alpha and DoReFa's greatest weight are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from bnngen.frontend.axes import graph_shape, in_file_order, with_channels
from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.limits import MOST_TAPS
from bnngen.frontend.nodes.building import known_input
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.squeezing import without_axes
from bnngen.frontend.values import Activation, Constant
from bnngen.ir.elementwise import Affine
from bnngen.ir.layers import Convolution, Linear, Pooling
from bnngen.ir.window import Window
from bnngen.numbers.exact import exact_array

ZERO = exact_array(0)


@handles("ReduceMean", "ReduceSum", any_axes=True)
def read_reduce_sum(node: OnnxNode, importer: Importer) -> None:
    """The sum over some axes: a product with ones; for the mean divided by how many they are."""
    _reduce(node, importer)


@handles("ReduceMax", "ReduceMin", any_axes=True)
def read_reduce_max(node: OnnxNode, importer: Importer) -> None:
    """The greatest, or the least, element over axes that are none of the channels'."""
    _reduce(node, importer)


@handles("ReduceL1")
def read_reduce_l1(node: OnnxNode, importer: Importer) -> None:
    """The sum of the absolute values of a constant."""
    if isinstance(node.input(0), Activation):
        raise node.error("is supported on constants only, not on the computed tensor")
    _reduce(node, importer)


@handles("ReduceProd")
def read_reduce_prod(node: OnnxNode, importer: Importer) -> None:
    """Of whole numbers that are known at import, such as shapes."""
    if isinstance(node.input(0), Activation):
        raise node.error("multiplies elements of a computed tensor with each other, which is not supported")
    _reduce(node, importer)


def _reduce(node: OnnxNode, importer: Importer) -> None:
    value = node.input(0)
    places = _places(node, len(value.shape))
    if not places:
        importer.values[node.output(0)] = value
    elif isinstance(value, Activation):
        kept = node.flag("keepdims", default=True)
        reduced = _reduced(node, importer, value, places)
        importer.values[node.output(0)] = reduced if kept else without_axes(node, importer, reduced, places)
    else:
        _of_constant(node, importer, places)


def _places(node: OnnxNode, rank: int) -> list[int]:
    """The axes: an attribute in old files, an input in newer ones; without them all, or none on demand."""
    axes = list(node.attributes.get("axes", ()))
    if node.has_input(1):
        axes = node.whole(1, "its axes")
    if not axes:
        return [] if node.flag("noop_with_empty_axes") else list(range(rank))
    places = sorted({checked_axis(node, axis, rank) for axis in axes})
    if len(places) < len(axes):
        raise node.error(f"names an axis twice: {axes}")
    return places


def _of_constant(node: OnnxNode, importer: Importer, places: Sequence[int]) -> None:
    """Of whole numbers as their type has them, of others exactly."""
    value, kind = node.input(0), node.op_type.removeprefix("Reduce")
    keep = node.flag("keepdims", default=True)
    if not isinstance(value, Constant) or value.array.dtype.kind not in "iu" or kind in ("Mean", "L1"):
        if kind == "Prod":
            raise node.error("takes whole numbers that are known at import")
        numbers = known_input(node, 0)
        if kind == "L1":
            kind, numbers = "Sum", known.absolute(numbers)
        importer.know(node, known.reduced(kind, numbers, places, keep))
        return
    array = value.array.astype(object)
    if not array.size:
        raise node.error(f"takes a constant of shape {array.shape}, which holds no numbers")
    function: Any = {"Max": np.max, "Min": np.min, "Prod": np.prod}.get(kind, np.sum)
    found = np.asarray(function(array, axis=tuple(places), keepdims=keep), dtype=object)
    limits = np.iinfo(value.array.dtype)
    if not (limits.min <= found.min() and found.max() <= limits.max):
        raise node.error(f"leaves the range of {value.array.dtype}")
    importer.fold(node, found.astype(value.array.dtype))


def _reduced(node: OnnxNode, importer: Importer, value: Activation, places: Sequence[int]) -> Activation:
    """The tensor with length 1 along these axes of the file."""
    rank = len(value.shape)
    if 0 in places:
        raise node.error(
            f"over the axes {list(places)} of {value.shape} mixes the frames of a batch; name the axes "
            "behind it"
        )
    left = [k for k in range(1, rank) if k not in places]
    if len(left) == 1:  # what is left of a sequence or a map is a vector of channels
        value = with_channels(node, importer, value, left[0])
    elif rank not in (2, 3, 4):
        value = in_file_order(node, importer, value)
    gone = {k - 1 if value.axes is None else value.axes[k - 1] for k in places}
    if node.op_type in ("ReduceMax", "ReduceMin"):
        if 0 in gone:
            raise node.error(
                f"over the axes {list(places)} of {value.shape} compares channels with each other; "
                "accepted are "
                "the axes behind the channels"
            )
        made = _pooled(node, importer, value, gone)
    else:
        made = _summed(node, importer, value, gone)
    shape = tuple(1 if k in places else n for k, n in enumerate(value.shape))
    return Activation(made.name, shape, axes=value.axes)


def _window(node: OnnxNode, value: Activation, gone: set[int]) -> Window:
    """As long as the map along the axes that go, else one position."""
    _, channels, *spatial = graph_shape(value)
    window = Window.plain(tuple(n if 1 + k in gone else 1 for k, n in enumerate(spatial)))
    if (count := channels * math.prod(spatial)) > MOST_TAPS:
        raise node.error(f"sees {count:,} elements; at most {MOST_TAPS:,} are supported")
    return window


def _pooled(node: OnnxNode, importer: Importer, value: Activation, gone: set[int]) -> Activation:
    least = node.op_type == "ReduceMin"
    return importer.add(node, Pooling(_window(node, value, gone), (least,)), value)


def _summed(node: OnnxNode, importer: Importer, value: Activation, gone: set[int]) -> Activation:
    _, channels, *spatial = graph_shape(value)
    count = math.prod(n for k, n in enumerate((channels, *spatial)) if k in gone)
    if not spatial:
        made = importer.add(node, Linear(np.ones((1, channels), np.int64)), value)
    else:
        window = _window(node, value, gone)
        rows, columns = (1, channels * window.taps) if 0 in gone else (channels, window.taps)
        groups = 1 if 0 in gone else channels
        made = importer.add(node, Convolution(np.ones((rows, columns), np.int64), window, groups), value)
    if node.op_type == "ReduceSum":
        return made
    return importer.add(node, Affine(exact_array(Fraction(1, count)), ZERO), made, suffix="_mean")
