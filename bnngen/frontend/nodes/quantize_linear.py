"""QuantizeLinear and DequantizeLinear: ONNX's own quantisers, with a scale and a zero point.

The codes of a computed tensor are integers that the file goes on to compute with, or turns back into real
numbers: y = saturate(round(x / scale) + zero point), and x = (y - zero point) * scale.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from bnngen.frontend.importer import Importer
from bnngen.frontend.nodes.quantizers import finite, rescaled
from bnngen.frontend.onnx_node import OnnxNode, checked_axis
from bnngen.frontend.readers import handles
from bnngen.frontend.tensors import element_range
from bnngen.frontend.values import Activation, Constant, QuantizedConstant, Value
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import ExactArray, exact_array
from bnngen.numbers.rounding import round_affine

MAX_BITS = 8
ONE = exact_array(1)
_REAL = (TensorProto.UNDEFINED, TensorProto.FLOAT, TensorProto.DOUBLE)


class Scaling(NamedTuple):
    """How integers stand for real numbers: ``scale`` and ``zero`` point broadcast against the tensor."""

    scale: ExactArray
    zero: ExactArray


@handles("QuantizeLinear")
def read_quantize_linear(node: OnnxNode, importer: Importer) -> None:
    """Codes of at most 8 bits, scaled as a whole or a channel."""
    if node.attributes.get("precision", 0) not in _REAL:
        raise node.error("computes in less than single precision; leave its precision open")
    value, type_ = node.input(0), _output_type(node)
    scaling = scaling_of(node, 1, 2, value, node.attributes.get("axis", 1))
    importer.values[node.output(0)] = quantized(node, importer, value, scaling, type_)


@handles("DequantizeLinear")
def read_dequantize_linear(node: OnnxNode, importer: Importer) -> None:
    """What the codes stand for."""
    if node.attributes.get("output_dtype", 0) not in _REAL:
        raise node.error("makes numbers of less than single precision; make them FLOAT")
    value = node.input(0)
    check_zero_type(node, 2, value)
    scaling = scaling_of(node, 1, 2, value, node.attributes.get("axis", 1))
    importer.values[node.output(0)] = dequantized(node, importer, value, scaling)


def check_zero_type(node: OnnxNode, zero: int, value: Value) -> None:
    """Raises ModelError if the zero point of the integers ``value`` is of a type that does not hold them."""
    held = value.holds if isinstance(value, Activation) else None
    if isinstance(value, Constant) and value.array.dtype.kind in "iu" and value.array.size:
        held = IntType.of_values(value.array)
    if held is not None and node.has_input(zero):
        type_ = type_of_input(node, zero)
        if not type_.lo <= held.lo <= held.hi <= type_.hi:
            raise node.error(f"has a zero point of type {type_} for integers of type {held}")


def scaling_of(node: OnnxNode, scale: int | None, zero: int, value: Value, axis: int | None = 1) -> Scaling:
    """The scale (1 without one) and the zero point that are these inputs of a node, for the tensor ``value``.

    Raises ModelError unless they are positive numbers, and integers, one for all or one along ``axis``.
    """
    if node.attributes.get("block_size", 0):
        raise node.error("has a scale for each block; accepted is one for all, or one for each channel")
    scales = ONE if scale is None else node.constant(scale, "its scale").exact()
    if any(s.sign() <= 0 for s in scales.reshape(-1)):
        raise node.error("has a scale that is not above 0")
    zeros = _zero_point(node, zero).array if node.has_input(zero) else np.zeros(1, np.int64)
    return Scaling(*(_spread(node, p, value, axis) for p in (scales, exact_array(zeros.astype(np.int64)))))


def _spread(node: OnnxNode, values: ExactArray, value: Value, axis: int | None) -> ExactArray:
    """The values of an axis as they broadcast against a tensor."""
    if values.size == 1:
        return values.reshape(1)
    if axis is None:
        raise node.error(
            f"has scales or zero points of shape {values.shape} for a tensor that has one of each for all"
        )
    rank = len(value.shape)
    axis = checked_axis(node, axis, rank)
    if values.ndim != 1 or values.size != value.shape[axis]:
        raise node.error(
            f"has scales or zero points of shape {values.shape} along axis {axis} of a tensor of shape "
            f"{value.shape}; accepted are one for all, or one for each element of the axis"
        )
    return values.reshape(-1, *(1,) * (rank - 1 - axis))


def _output_type(node: OnnxNode) -> IntType:
    """The codes that the node can make."""
    wanted = node.attributes.get("output_dtype", TensorProto.UNDEFINED)
    found = type_of_input(node, 2) if node.has_input(2) else None
    if wanted:
        named = element_range(wanted)
        if found is not None and found != named:
            raise node.error(f"has a zero point of type {found} for codes of type {named}")
        found = named
    return checked_type(node, found or IntType(0, 255))


def type_of_input(node: OnnxNode, index: int) -> IntType:
    """All integers that the type of a constant input holds."""
    return _zero_point(node, index).whole_type


def _zero_point(node: OnnxNode, index: int) -> Constant:
    constant = node.constant(index, "its zero point")
    if constant.array.dtype.kind not in "iu":
        raise node.error(f"has a zero point of type {constant.array.dtype}; accepted are integers")
    return constant


def checked_type(node: OnnxNode, type_: IntType) -> IntType:
    """Raises ModelError for codes of more than 8 bits."""
    if type_.bits > MAX_BITS:
        raise node.error(f"makes codes of {type_.bits} bits; accepted are at most {MAX_BITS}")
    return type_


def quantized(
    node: OnnxNode,
    importer: Importer,
    value: Value,
    scaling: Scaling,
    type_: IntType,
    suffix: str = "",
    zero_first: bool = False,
) -> Value:
    """The codes of a tensor: round(x/scale) + zero, or round(x/scale + zero) where the zero point is added
    ``zero_first``. The two differ half-way between codes, if it is odd."""
    reciprocal = ONE / scaling.scale
    odd = "half_odd" if zero_first else "half_even"
    if not isinstance(value, Activation):
        real = value if isinstance(value, Constant) else Constant(value.exact())
        zero = scaling.zero.astype(np.int64)
        lo, hi = type_.lo - int(zero.max()), type_.hi - int(zero.min())
        mode = odd if zero.reshape(-1)[0] % 2 else "half_even"
        rounded = round_affine(finite(real.array), reciprocal, exact_array(0), mode, lo, hi)
        return Constant(np.clip(rounded + zero, type_.lo, type_.hi), type=type_)
    source = rescaled(node, importer, value, reciprocal, exact_array(0), f"{suffix}_scale")
    rows = tuple(
        Ladder(odd if zero % 2 else "half_even", tuple(range(type_.lo + 1 - zero, type_.hi + 1 - zero)))
        for zero in map(int, scaling.zero.reshape(-1))
    )
    codes = importer.add(node, Step(rows, (False,) * len(rows), type_), source, suffix=suffix)
    return Activation(codes.name, codes.shape, type_, signed=type_.lo < 0)


def dequantized(
    node: OnnxNode, importer: Importer, value: Value, scaling: Scaling, suffix: str = "_unscale"
) -> Value:
    """The real numbers that codes stand for."""
    scale, zero = scaling
    if isinstance(value, Activation):
        real = rescaled(node, importer, value, scale, -zero * scale, suffix)
        return Activation(real.name, real.shape)
    array = value.array if isinstance(value, Constant) else None
    if array is None or array.dtype.kind not in "iu":
        raise node.error("takes integers, not real numbers")
    return QuantizedConstant(array.astype(np.int64) - zero.astype(np.int64), scale, exact_array(0))
