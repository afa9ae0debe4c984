"""Slice: of a constant it is computed, of a computed tensor it takes some of the channels."""

from __future__ import annotations

from bnngen.frontend.axes import channel_axis, with_length
from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.moves import ChannelSlice


@handles("Slice", any_axes=True)
def read_slice(node: OnnxNode, importer: Importer) -> None:
    """Some of the elements along each axis; of a computed tensor some of the channels, and the whole range
    along any other axis."""
    value = node.input(0)
    cuts = _cuts(node, len(value.shape))
    if not isinstance(value, Activation):
        data = node.constant(0, "its data")
        taken = data.array[tuple(cuts.get(axis, slice(None)) for axis in range(data.array.ndim))]
        whole = data.array.ndim != 1 or 0 not in cuts
        sees_batch = data.of_batch and (whole or 0 in range(*cuts[0].indices(data.array.size)))
        importer.fold(node, taken, sees_batch or data.spread)
        return
    channels = channel_axis(value)
    first, last = 0, value.shape[channels]
    for axis, cut in cuts.items():
        begin, stop, step = cut.indices(value.shape[axis])
        if axis == channels and step == 1:
            first, last = begin, stop
        elif (begin, stop, step) != (0, value.shape[axis], 1):
            raise node.error(f"of the axis {axis} by {step} is not supported; it may cut channels, by 1")
    part = importer.add(node, ChannelSlice(first, last), value)
    importer.values[node.output(0)] = with_length(part, value, channels, last - first)


def _cuts(node: OnnxNode, rank: int) -> dict[int, slice]:
    """What is taken along each axis that is named."""
    names = ("starts", "ends", "axes", "steps")
    starts, ends, axes, steps = (_numbers(node, name, index) for index, name in enumerate(names, start=1))
    if starts is None or ends is None:
        raise node.error("lacks its starts or ends")
    axes = list(range(len(starts))) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    lengths = [len(numbers) for numbers in (starts, ends, axes, steps)]
    if len(set(lengths)) > 1:
        found = ", ".join(f"{length} {name}" for name, length in zip(names, lengths, strict=True))
        raise node.error(f"has {found}; they must be equally many")
    if 0 in steps:
        raise node.error("has a step of 0")
    places = [checked_axis(node, axis, rank) for axis in axes]
    if len(set(places)) < len(places):
        raise node.error(f"names an axis twice: {places}")
    # to an end in front of the first element: slices count -1 from the back
    return {
        axis: slice(start, None if step < 0 and end < -(1 << 31) else end, step)
        for axis, start, end, step in zip(places, starts, ends, steps, strict=True)
    }


def _numbers(node: OnnxNode, name: str, index: int) -> list[int] | None:
    """Whole numbers: an attribute in old files, an input in newer ones."""
    if name in node.attributes:
        return list(node.attributes[name])
    return node.whole(index, f"its {name}") if node.has_input(index) else None
