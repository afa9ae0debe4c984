"""Constants that files make of shapes: how long, how often, and filled with what."""

from __future__ import annotations

import math

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import MOST_ELEMENTS, check_elements
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.tensors import read_tensor
from bnngen.frontend.values import Activation, Constant, QuantizedConstant, is_framed

MOST_NUMBER = 1 << 31
"""No shape needs greater ones."""


@handles("Size", any_axes=True)
def read_size(node: OnnxNode, importer: Importer) -> None:
    """How many elements a tensor has, the frames of its batch counted."""
    value = node.input(0)
    importer.fold(node, np.array(math.prod(value.shape), np.int64), is_framed(value))


@handles("ConstantOfShape")
def read_constant_of_shape(node: OnnxNode, importer: Importer) -> None:
    """One number, again and again."""
    shape = _shape(node, 0)
    fill = np.zeros(1, np.float32)
    if "value" in node.attributes:
        fill = read_tensor(node.attributes["value"])
    if fill.size != 1:
        raise node.error(f"takes one number as its value, not an array of shape {fill.shape}")
    _repeat(node, importer, 0, Constant(fill.reshape(())), shape)


@handles("Expand", any_axes=True)
def read_expand(node: OnnxNode, importer: Importer) -> None:
    """A constant as often along its axes of length 1 as asked for; a computed tensor whose shape stays."""
    value, wanted = node.input(0), _shape(node, 1)
    try:
        shape = np.broadcast_shapes(value.shape, wanted)
    except ValueError:
        raise node.error(f"can't make shape {wanted} of {value.shape}") from None
    check_elements(shape, "a constant")
    if isinstance(value, Activation):
        if shape != value.shape:
            raise node.error(
                f"repeats the elements of {value.shape} to {shape}, which is supported on constants only; "
                "along the "
                "axes behind the channels Resize does it"
            )
        importer.values[node.output(0)] = value
    elif isinstance(value, QuantizedConstant) and not _says_batch(node, 1):
        ints = np.broadcast_to(value.ints, shape)
        importer.values[node.output(0)] = QuantizedConstant(ints, value.scale, value.offset)
    else:
        made = value if isinstance(value, Constant) else Constant(value.exact())
        _repeat(node, importer, 1, made, shape)


def _says_batch(node: OnnxNode, index: int) -> bool:
    """Whether a number of the shape that this input holds is the batch size."""
    wanted = node.input(index)
    return isinstance(wanted, Constant) and wanted.of_batch


def _repeat(node: OnnxNode, importer: Importer, index: int, value: Constant, shape: tuple[int, ...]) -> None:
    """An array in the ``shape`` that input ``index`` holds: what is there once a frame is kept once."""
    said = _says_batch(node, index)
    own = (1,) * (len(shape) - len(value.shape)) + value.shape
    if said and shape and shape[0] == importer.batch and own[0] == 1 and not value.of_batch:
        importer.fold(node, np.broadcast_to(value.array, (1, *shape[1:])), False, spread=True)
        return
    importer.fold(node, np.broadcast_to(value.array, shape), said or value.of_batch or value.spread)


@handles("Tile")
def read_tile(node: OnnxNode, importer: Importer) -> None:
    """A constant several times along its axes."""
    array, repeats = node.constant(0, "its input").array, node.whole(1, "its repeats")
    if len(repeats) != array.ndim or min(repeats, default=1) < 0:
        raise node.error(f"takes one number of 0 and above for each axis of {array.shape}, not {repeats}")
    check_elements(tuple(n * r for n, r in zip(array.shape, repeats, strict=True)), "a constant")
    importer.fold(node, np.tile(array, repeats))


@handles("Range")
def read_range(node: OnnxNode, importer: Importer) -> None:
    """Numbers from a start up to a limit, which is not among them."""
    names = ("start", "limit", "delta")
    start, limit, step = (_number(node, index, name) for index, name in enumerate(names))
    if step == 0 or max(map(abs, (start, limit, step))) > MOST_NUMBER:
        raise node.error(f"has start {start}, limit {limit} and delta {step}")
    count = max(0, -((start - limit) // step))
    if count > MOST_ELEMENTS:
        raise node.error(f"makes {count:,} numbers; at most {MOST_ELEMENTS:,} are supported")
    importer.fold(node, start + step * np.arange(count, dtype=np.int64))


@handles("Mod")
def read_mod(node: OnnxNode, importer: Importer) -> None:
    """The rest of a division of whole numbers; it has the sign of the divisor, or on demand of the
    dividend."""
    a, b = (node.constant(index, "a side") for index in (0, 1))
    if any(c.array.dtype.kind not in "iu" for c in (a, b)):
        raise node.error("takes whole numbers that are known at import")
    if not b.array.all():
        raise node.error("divides by zero")
    check_elements(np.broadcast_shapes(a.shape, b.shape), "a constant")
    importer.fold(node, (np.fmod if node.flag("fmod") else np.mod)(a.array, b.array))


def _shape(node: OnnxNode, index: int) -> tuple[int, ...]:
    """A shape that an input holds. Raises ModelError if it is none, ValueError if it is too large."""
    shape = tuple(node.whole(index, "its shape"))
    if min(shape, default=0) < 0:
        raise node.error(f"takes lengths of 0 and above, not {list(shape)}")
    check_elements(shape, "a constant")
    return shape


def _number(node: OnnxNode, index: int, what: str) -> int:
    numbers = node.whole(index, f"its {what}")
    if len(numbers) != 1:
        raise node.error(f"takes one number as its {what}, not {numbers}")
    return numbers[0]
