"""Operators whose result is known before the network runs: they are computed at import."""

from __future__ import annotations

import numpy as np
from onnx import helper, numpy_helper

from bnngen.exact import exact_array, square_root
from bnngen.frontend.importer import Importer, OnnxNode, handles
from bnngen.frontend.values import Activation, Constant, QuantisedConstant


@handles("Constant")
def read_constant(node: OnnxNode, importer: Importer) -> None:
    attributes = node.attributes
    if "value" in attributes:
        array = numpy_helper.to_array(attributes["value"])
    else:
        known = ("value_float", "value_floats", "value_int", "value_ints")
        values = [attributes[k] for k in known if k in attributes]
        if not values:
            raise node.error("holds neither numbers nor a tensor")
        array = np.asarray(values[0])
    importer.values[node.outputs[0]] = Constant(array)


@handles("Shape")
def read_shape(node: OnnxNode, importer: Importer) -> None:
    shape = node.input(0).shape
    start, end = node.attributes.get("start", 0), node.attributes.get("end", len(shape))
    importer.values[node.outputs[0]] = Constant(np.array(shape[start:end], dtype=np.int64))


@handles("Gather")
def read_gather(node: OnnxNode, importer: Importer) -> None:
    data, indices = node.constant(0, "its data").array, node.constant(1, "its indices").array
    importer.values[node.outputs[0]] = Constant(np.take(data, indices, axis=node.attributes.get("axis", 0)))


@handles("Cast")
def read_cast(node: OnnxNode, importer: Importer) -> None:
    """Changes the number format of a constant; the numbers must survive it."""
    array = node.constant(0, "its input").array
    with np.errstate(over="ignore", invalid="ignore"):
        cast = array.astype(helper.tensor_dtype_to_np_dtype(node.attributes["to"]))
    same = exact_array(cast) == array if array.dtype == object else cast == array
    if not np.all(same):
        raise node.error("would change the constant's value")
    importer.values[node.outputs[0]] = Constant(cast)


@handles("Pow")
def read_pow(node: OnnxNode, importer: Importer) -> None:
    base, exponent = node.constant(0, "its base").exact(), node.constant(1, "its exponent").array
    if exponent.size != 1 or float(exponent.reshape(-1)[0]) not in (0.5, -0.5, 1.0, 2.0, -1.0):
        raise node.error("takes an exponent of -1, -0.5, 0.5, 1 or 2")
    power = float(exponent.reshape(-1)[0])
    result = square_root(base) if abs(power) == 0.5 else base * base if power == 2.0 else base
    importer.values[node.outputs[0]] = Constant(exact_array(1) / result if power < 0 else result)


@handles("Sqrt")
def read_sqrt(node: OnnxNode, importer: Importer) -> None:
    base = node.constant(0, "its input").exact()
    importer.values[node.outputs[0]] = Constant(square_root(base))


@handles("Transpose")
def read_transpose(node: OnnxNode, importer: Importer) -> None:
    value = node.input(0)
    if isinstance(value, Activation):
        raise node.error("is supported on constants only, not on the computed tensor")
    perm = node.attributes.get("perm", list(range(len(value.shape)))[::-1])
    if isinstance(value, Constant):
        importer.values[node.outputs[0]] = Constant(value.array.transpose(perm))
        return
    scale, offset = (
        p.reshape((1,) * (value.ints.ndim - p.ndim) + p.shape).transpose(perm) if p.size > 1 else p
        for p in (value.scale, value.offset)
    )
    importer.values[node.outputs[0]] = QuantisedConstant(value.ints.transpose(perm), scale, offset)
