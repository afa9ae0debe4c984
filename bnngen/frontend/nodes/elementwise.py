"""Affine arithmetic with constants, batch normalisation, Relu and Clip."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.importer import Importer, handles
from bnngen.frontend.limits import MOST_EXACT, check_elements
from bnngen.frontend.nodes.shaping import add_reshape
from bnngen.frontend.onnx_node import OnnxNode, channel_parameters, features, varying_axis
from bnngen.frontend.values import Activation, Constant
from bnngen.ir.elementwise import RELU, Affine, Clip
from bnngen.ir.layers import Sum
from bnngen.numbers.exact import Exact, ExactArray, exact_array, square_root

ZERO, ONE = exact_array(0), exact_array(1)
MINUS_ONE = Constant(np.array(-1))
DEFAULT_EPSILON = float(np.float32(1e-5))
"""As the operator set has it: attributes are single precision."""


@handles("Add")
def read_add(node: OnnxNode, importer: Importer) -> None:
    """A constant added, one for all or one a channel; or two computed tensors."""
    _read(node, importer, operator.add, lambda c: (ONE, c), lambda c: (ONE, c))


@handles("Sub")
def read_sub(node: OnnxNode, importer: Importer) -> None:
    """The same with a minus sign."""
    _read(node, importer, operator.sub, lambda c: (ONE, -c), lambda c: (-ONE, c))


@handles("Mul")
def read_mul(node: OnnxNode, importer: Importer) -> None:
    """Times a constant, one for all or one a channel."""
    _read(node, importer, operator.mul, lambda c: (c, ZERO), lambda c: (c, ZERO))


@handles("Div")
def read_div(node: OnnxNode, importer: Importer) -> None:
    """Divided by a constant, one for all or one a channel."""

    def divisor(c: ExactArray) -> tuple[ExactArray, ExactArray]:
        if not all(c.reshape(-1)):
            raise node.error("divides by zero")
        return ONE / c, ZERO

    def dividend(c: ExactArray) -> tuple[ExactArray, ExactArray]:
        raise node.error("divides a constant by a computed tensor, which is not affine")

    _read(node, importer, operator.truediv, divisor, dividend)


@handles("Relu")
def read_relu(node: OnnxNode, importer: Importer) -> None:
    """y = max(x, 0)."""
    importer.values[node.output(0)] = importer.add(node, RELU, node.activation())


@handles("Neg")
def read_neg(node: OnnxNode, importer: Importer) -> None:
    """y = -x."""
    value = node.input(0)
    if not isinstance(value, Activation):
        importer.fold(node, _folded(node, operator.mul, node.constant(0, "its input"), MINUS_ONE))
        return
    importer.values[node.output(0)] = importer.add(node, Affine(-ONE, ZERO), value)


@handles("Clip")
def read_clip(node: OnnxNode, importer: Importer) -> None:
    """y = min(max(x, low), high); the ends are attributes up to opset 10, inputs from 11 on."""
    low, high = (_end(node, index, name) for index, name in ((1, "min"), (2, "max")))
    if low is not None and high is not None and high < low:
        raise node.error(f"has a least value of {float(low):g} above the greatest, {float(high):g}")
    importer.values[node.output(0)] = importer.add(node, Clip(low, high), node.activation())


def _end(node: OnnxNode, index: int, name: str) -> Exact | None:
    """One end of a range; None if it is open."""
    value = node.attributes.get(name)
    if node.has_input(index):
        array = node.constant(index, f"its {name}").array
        if array.size != 1:
            raise node.error(f"takes one number as its {name}, not an array of shape {array.shape}")
        value = array.reshape(-1)[0]
    if value is None or (not isinstance(value, Exact) and np.isinf(value) and (value > 0) == (name == "max")):
        return None
    return Exact.of(value)


@handles("BatchNormalization")
def read_batch_normalization(node: OnnxNode, importer: Importer) -> None:
    """y = gamma*(x - mean)/sqrt(var + eps) + beta."""
    value = node.activation()
    if node.attributes.get("training_mode", 0) or any(node.outputs[1:]):
        raise node.error("is in training mode; export the model in evaluation mode")
    if not node.attributes.get("spatial", 1):
        raise node.error("has parameters for each element (spatial = 0); accepted is one for each channel")
    if any(node.constant(i, "a parameter").shape != value.shape[1:2] for i in range(1, 5)):
        shapes = [node.constant(i, "a parameter").shape for i in range(1, 5)]
        raise node.error(f"has parameters of shapes {shapes} for a tensor of shape {value.shape}")
    per_channel = (-1, *(1,) * (len(value.shape) - 2))
    gamma, beta, mean, var = (
        node.constant(i, "a parameter").exact().reshape(per_channel) for i in range(1, 5)
    )
    var = var + exact_array(node.attributes.get("epsilon", DEFAULT_EPSILON))
    for channel, v in enumerate(var.reshape(-1)):
        if v.sign() <= 0:
            raise node.error(f"has variance + epsilon = {float(v)} in channel {channel}; it must be above 0")
    mul = gamma / square_root(var)
    _add_affine(node, importer, value, mul, beta - mean * mul)


AffineOf = Callable[[ExactArray], tuple[ExactArray, ExactArray]]


def _read(
    node: OnnxNode,
    importer: Importer,
    fold: Callable[[Any, Any], Any],
    tensor_first: AffineOf,
    tensor_second: AffineOf,
) -> None:
    """A binary operator: folded if both sides are known, else affine in the computed side."""
    left, right = node.input(0), node.input(1)
    if isinstance(left, Activation) and isinstance(right, Activation):
        if fold not in (operator.add, operator.sub):
            raise node.error("of two computed tensors is not supported")
        _add_sum(node, importer, left, right, 1 if fold is operator.add else -1)
    elif isinstance(left, Activation):
        _add_affine(node, importer, left, *tensor_first(_side(node, 1, left)))
    elif isinstance(right, Activation):
        _add_affine(node, importer, right, *tensor_second(_side(node, 0, right)))
    else:
        importer.fold(node, _folded(node, fold, *(node.constant(i, "a side") for i in (0, 1))))


def _side(node: OnnxNode, index: int, target: Activation) -> ExactArray:
    """A constant that meets a computed tensor: one number where all are equal and broadcast against it."""
    constant = node.constant(index, "a side")
    if constant.of_batch:
        raise node.error("computes with the batch size, which is not a number of the network")
    array, rank = constant.array, len(target.shape)
    spread = zip((1,) * (rank - array.ndim) + array.shape, target.shape, strict=False)
    if array.size and array.ndim <= rank and all(n in (1, m) for n, m in spread):
        first = array.flat[0]
        if (array == first).all():
            return exact_array(first)
    return constant.exact()


def _folded(node: OnnxNode, fold: Callable[[Any, Any], Any], a: Constant, b: Constant) -> NDArray[Any]:
    """The numbers that an operator makes of known ones: exact, whole ones as their type has them."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    if a.array.dtype.kind in "iu" and b.array.dtype.kind in "iu":
        check_elements(shape, "a constant")
        return _folded_integers(node, fold, a.array, b.array)
    if math.prod(shape) > MOST_EXACT:
        raise node.error(f"makes {math.prod(shape):,} exact numbers; at most {MOST_EXACT:,} are supported")
    left, right = a.exact(), b.exact()
    if fold is operator.truediv and not all(right.reshape(-1)):
        raise node.error("divides by zero")
    return np.asarray(fold(left, right), dtype=object).reshape(shape)


def _folded_integers(
    node: OnnxNode, fold: Callable[[Any, Any], Any], a: NDArray[Any], b: NDArray[Any]
) -> NDArray[Any]:
    """Quotients lose their fraction."""
    whole = [array.astype(object) for array in (a, b)]
    if fold is operator.truediv:
        if not b.all():
            raise node.error("divides by zero")
        quotient = abs(whole[0]) // abs(whole[1])
        result = np.where((a < 0) == (b < 0), quotient, -quotient)
    else:
        result = np.asarray(fold(*whole), dtype=object)
    limits = np.iinfo(a.dtype)
    if result.size and not (limits.min <= result.min() and result.max() <= limits.max):
        raise node.error(f"leaves the range of {a.dtype}")
    return result.astype(a.dtype)


def _add_sum(node: OnnxNode, importer: Importer, left: Activation, right: Activation, sign: int) -> None:
    if left.shape != right.shape:
        raise node.error(
            f"of tensors of shapes {left.shape} and {right.shape} is not supported: both sides must have the "
            "same shape"
        )
    if left.name == right.name:
        _add_affine(node, importer, left, exact_array(1 + sign), ZERO)
    else:
        importer.values[node.output(0)] = importer.add(node, Sum((1, sign)), left, right)


def _add_affine(
    node: OnnxNode, importer: Importer, value: Activation, mul: ExactArray, add: ExactArray
) -> None:
    """Where only one axis is longer than 1, its elements may have a parameter each: they are channels."""
    axes = {varying_axis(node, p, value.shape) for p in (mul, add)}
    if axes <= {None, 1} or max(value.shape[1:]) < features(value.shape):
        mul, add = (channel_parameters(node, p, value) for p in (mul, add))
        importer.values[node.output(0)] = importer.add(node, Affine(mul, add), value)
        return
    vector = add_reshape(node, importer, value, (features(value.shape),), "_vector")
    scaled = importer.add(node, Affine(*(p.reshape(-1) for p in (mul, add))), vector)
    importer.values[node.output(0)] = add_reshape(node, importer, scaled, value.shape[1:], "_back")
