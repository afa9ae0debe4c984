"""Affine arithmetic with constants, batch normalisation, Relu and Clip."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.known.arithmetic import Settled
from bnngen.frontend.limits import check_elements
from bnngen.frontend.nodes.building import add_affine, add_clip, add_sum, known_input, real, side
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.residues import known_sum
from bnngen.frontend.values import Activation, Constant, Known, Value
from bnngen.ir.elementwise import RELU, Clip
from bnngen.ir.monotone import Sigmoid
from bnngen.ir.refused import Refused
from bnngen.numbers.exact import Exact, ExactArray, exact_array, square_root

ZERO, ONE = exact_array(0), exact_array(1)
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
    if isinstance(value, Activation):
        importer.values[node.output(0)] = add_affine(node, importer, value, -ONE, ZERO)
    elif isinstance(value, Constant) and value.array.dtype.kind in "iu":
        importer.fold(node, _folded_integers(node, operator.mul, value, Constant(np.array(-1))))
    else:
        importer.know(node, known.negative(known_input(node, 0)))


@handles("Clip")
def read_clip(node: OnnxNode, importer: Importer) -> None:
    """y = min(max(x, low), high); the ends are attributes up to opset 10, inputs from 11 on."""
    low, high = (_end(node, index, name) for index, name in ((1, "min"), (2, "max")))
    if low is not None and high is not None and high < low:
        raise node.error(f"has a least value of {float(low):g} above the greatest, {float(high):g}")
    value = node.input(0)
    if isinstance(value, Activation):
        importer.values[node.output(0)] = add_clip(node, importer, value, low, high)
        return
    held = known_input(node, 0)
    for end, function in ((low, known.greatest), (high, known.least)):
        held = held if end is None else function(held, _number(end, held))
    importer.know(node, held)


def _number(end: Exact, beside: Settled) -> Constant:
    """One end, in the type of the array beside it where that holds it."""
    if isinstance(beside, Constant) and beside.array.dtype != object:
        plain = np.array(float(end)).astype(beside.array.dtype)
        if Exact.of(plain.item()) == end:
            return Constant(plain)
    return Constant(exact_array(end).reshape(()))


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
    importer.values[node.output(0)] = add_affine(node, importer, value, mul, beta - mean * mul)


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
            product = _product_refused(node, importer, left, right)
            importer.values[node.output(0)] = importer.add(node, product, real(left), real(right))
            return
        sign = 1 if fold is operator.add else -1
        importer.values[node.output(0)] = add_sum(node, importer, left, right, sign)
    elif isinstance(left, Activation):
        _read_affine(node, importer, left, right, *tensor_first(side(node, 1, left)))
    elif isinstance(right, Activation):
        _read_affine(node, importer, right, left, *tensor_second(side(node, 0, right)))
    else:
        _fold(node, importer, fold, left, right)


def _product_refused(node: OnnxNode, importer: Importer, left: Activation, right: Activation) -> Refused:
    """Names what a product or quotient of two computed tensors is, where that can be told."""
    for one, other in ((left, right), (right, left)):
        maker = importer.maker(one.name)
        if maker is not None and isinstance(maker.op, Sigmoid | Clip) and node.op_type == "Mul":
            source = maker.inputs[0]
            before = importer.maker(source)
            if other.name in (source, before.inputs[0] if before else source):
                return Refused(
                    node.op_type,
                    "of a tensor and its own sigmoid (SiLU, Swish or HardSwish) falls and rises, so that no "
                    "threshold stands for a level behind it; use Relu or Clip (hard-tanh, ReLU6)",
                )
    return Refused(node.op_type, "of two computed tensors is not supported")


def _read_affine(
    node: OnnxNode, importer: Importer, value: Activation, other: Value, mul: ExactArray, add: ExactArray
) -> None:
    if value.holds is not None and node.op_type == "Div":
        raise node.error("of whole numbers cuts off their fraction; cast them to float first")
    if value.holds is not None and isinstance(other, Constant) and other.array.dtype.kind in "iu":
        type_, held = other.whole_type, value.holds
        ends = np.concatenate([(mul * end + add).reshape(-1) for end in (held.lo, held.hi)])
        if any(not type_.lo <= end <= type_.hi for end in ends):
            raise node.error(f"of integers {held} may leave the range of {type_}; cast them to float first")
    importer.values[node.output(0)] = add_affine(node, importer, value, mul, add)


def _fold(
    node: OnnxNode, importer: Importer, fold: Callable[[Any, Any], Any], left: Known, right: Known
) -> None:
    """Numbers that are known: exact, or within bounds; whole ones as their type has them."""
    whole = [isinstance(v, Constant) and v.array.dtype.kind in "iu" for v in (left, right)]
    check_elements(np.broadcast_shapes(left.shape, right.shape), "a constant")
    if all(whole):
        sides = [node.constant(i, "a side") for i in (0, 1)]
        importer.fold(node, _folded_integers(node, fold, *sides))
    elif fold in (operator.add, operator.sub):
        importer.know(node, known_sum(left, right, 1 if fold is operator.add else -1))
    else:
        function = known.multiply if fold is operator.mul else known.divide
        importer.know(node, function(known.settled(left), known.settled(right)))


def _folded_integers(
    node: OnnxNode, fold: Callable[[Any, Any], Any], left: Constant, right: Constant
) -> NDArray[Any]:
    """Quotients lose their fraction. Raises ModelError where the left one's type does not hold a result."""
    a, b = left.array, right.array
    whole = [array.astype(object) for array in (a, b)]
    if fold is operator.truediv:
        if not b.all():
            raise node.error("divides by zero")
        quotient = abs(whole[0]) // abs(whole[1])
        result = np.where((a < 0) == (b < 0), quotient, -quotient)
    else:
        result = np.asarray(fold(*whole), dtype=object)
    type_ = left.whole_type
    if result.size and not (type_.lo <= result.min() and result.max() <= type_.hi):
        raise node.error(f"leaves the range of {type_}")
    return result.astype(a.dtype)
