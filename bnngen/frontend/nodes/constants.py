"""Operators whose result is known before the network runs: they are computed at import."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from onnx import TensorProto, helper

from bnngen.frontend.importer import Importer
from bnngen.frontend.limits import check_elements
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.tensors import constant_of, element_type
from bnngen.frontend.values import Activation, Constant, is_framed
from bnngen.numbers.exact import exact_array, square_root

REAL = (TensorProto.FLOAT, TensorProto.DOUBLE)
"""Stand for real numbers."""
SIGNED = {TensorProto.INT8: 8, TensorProto.INT16: 16, TensorProto.INT32: 32, TensorProto.INT64: 64}
"""Bits of the types of integers with a sign."""


@handles("Constant")
def read_constant(node: OnnxNode, importer: Importer) -> None:
    """A tensor, whatever attribute holds it."""
    attributes = node.attributes
    if "value" in attributes:
        importer.values[node.output(0)] = constant_of(attributes["value"])
        return
    known = ("value_float", "value_floats", "value_int", "value_ints")
    values = [attributes[k] for k in known if k in attributes]
    if not values:
        raise node.error("holds neither numbers nor a tensor")
    importer.fold(node, np.asarray(values[0]))


@handles("Shape", any_axes=True)
def read_shape(node: OnnxNode, importer: Importer) -> None:
    """The shape of a tensor, as a constant."""
    value = node.input(0)
    shape = value.shape
    start, end = node.attributes.get("start", 0), node.attributes.get("end", len(shape))
    of_batch = is_framed(value) and 0 in range(len(shape))[start:end]
    importer.fold(node, np.array(shape[start:end], dtype=np.int64), of_batch)


@handles("Gather")
def read_gather(node: OnnxNode, importer: Importer) -> None:
    """Elements of a constant by their index."""
    known = node.constant(0, "its data")
    data, places = known.array, node.constant(1, "its indices").array
    if not data.ndim or places.dtype.kind not in "iu":
        raise node.error("takes an array, and whole numbers as indices")
    axis = node.axis(data.ndim, 0)
    wrong = places[(places < -data.shape[axis]) | (places >= data.shape[axis])]
    if wrong.size:
        raise node.error(f"takes element {wrong.flat[0]} along an axis that has {data.shape[axis]}")
    check_elements((*places.shape, *data.shape[:axis], *data.shape[axis + 1 :]), "a constant")
    sees_batch = known.spread or (known.of_batch and bool((places % len(data) == 0).any()))
    taken = np.take(data, places, axis=axis)
    # of an array of objects numpy gives a single one as it is
    importer.fold(node, np.asarray(taken, data.dtype), sees_batch)


@handles("Cast")
def read_cast(node: OnnxNode, importer: Importer) -> None:
    """Changes the number format of a constant; the numbers must survive it. Single and double precision stand
    for the real numbers that computed tensors are."""
    _read_cast(node, importer, node.attributes["to"])


@handles("CastLike")
def read_cast_like(node: OnnxNode, importer: Importer) -> None:
    """The same to the format of another tensor."""
    like = node.input(1)
    if isinstance(like, Constant) and like.array.dtype != object:
        to = helper.np_dtype_to_tensor_dtype(like.array.dtype)
    elif isinstance(like, Activation) and like.holds is not None:
        raise node.error("to the type of a computed tensor of whole numbers is not supported; use Cast")
    else:
        to = TensorProto.FLOAT
    _read_cast(node, importer, to)


def _read_cast(node: OnnxNode, importer: Importer, to: int) -> None:
    value = node.input(0)
    if isinstance(value, Activation):
        importer.values[node.output(0)] = _cast(node, value, to)
        return
    if to in REAL and not (isinstance(value, Constant) and value.array.dtype != object):
        importer.values[node.output(0)] = value
        return
    array, type_ = node.constant(0, "its input").array, element_type(to)
    if type_.kind not in "biuf":
        raise node.error(f"to {type_} is not supported")
    with np.errstate(over="ignore", invalid="ignore"):
        cast = array.astype(type_)
    same = exact_array(cast) == array if array.dtype == object else cast == array
    if not np.all(same):
        raise node.error("would change the constant's value")
    importer.fold(node, cast)


def _cast(node: OnnxNode, value: Activation, to: int) -> Activation:
    """A computed tensor in another type that holds all its numbers."""
    if to in REAL:
        return replace(value, holds=None, signed=False)
    if value.holds is None:
        raise node.error("of a computed tensor is supported to FLOAT and DOUBLE only: others round it")
    if to == TensorProto.BOOL and (value.holds.lo, value.holds.hi) == (0, 1):
        return value
    if to not in SIGNED or value.holds.bits > SIGNED[to] - 1:
        raise node.error(
            "of whole numbers is supported to FLOAT, DOUBLE and larger signed types of integers, of 0 and 1 "
            "to BOOL"
        )
    return replace(value, signed=True)


@handles("Pow")
def read_pow(node: OnnxNode, importer: Importer) -> None:
    """A power of a constant."""
    base, exponent = node.constant(0, "its base").exact(), node.constant(1, "its exponent").array
    if exponent.size != 1 or float(exponent.reshape(-1)[0]) not in (0.5, -0.5, 1.0, 2.0, -1.0):
        raise node.error("takes an exponent of -1, -0.5, 0.5, 1 or 2")
    power = float(exponent.reshape(-1)[0])
    if node.constant(0, "its base").array.dtype.kind in "iu" and power not in (1.0, 2.0):
        raise node.error("of whole numbers takes an exponent of 1 or 2")
    if power < 0 and not all(base.reshape(-1)):
        raise node.error("divides by zero")
    result = square_root(base) if abs(power) == 0.5 else base * base if power == 2.0 else base
    importer.fold(node, exact_array(1) / result if power < 0 else result)


@handles("Sqrt")
def read_sqrt(node: OnnxNode, importer: Importer) -> None:
    """The exact square root of a constant."""
    base = node.constant(0, "its input").exact()
    importer.fold(node, square_root(base))
