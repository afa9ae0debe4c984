"""Affine arithmetic with constants, batch normalisation and Relu."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from bnngen.exact import ExactArray, exact_array, square_root
from bnngen.frontend.importer import Importer, OnnxNode, channel_parameters, handles
from bnngen.frontend.values import Activation, Constant
from bnngen.quantised import Affine, Relu, Sum

ZERO, ONE = exact_array(0), exact_array(1)
DEFAULT_EPSILON = float(np.float32(1e-5))
"""As the operator set has it: attributes are single precision."""


@handles("Add")
def read_add(node: OnnxNode, importer: Importer) -> None:
    _read(node, importer, operator.add, lambda c: (ONE, c), lambda c: (ONE, c))


@handles("Sub")
def read_sub(node: OnnxNode, importer: Importer) -> None:
    _read(node, importer, operator.sub, lambda c: (ONE, -c), lambda c: (-ONE, c))


@handles("Mul")
def read_mul(node: OnnxNode, importer: Importer) -> None:
    _read(node, importer, operator.mul, lambda c: (c, ZERO), lambda c: (c, ZERO))


@handles("Div")
def read_div(node: OnnxNode, importer: Importer) -> None:
    def divisor(c: ExactArray) -> tuple[ExactArray, ExactArray]:
        if not all(c.reshape(-1)):
            raise node.error("divides by zero")
        return ONE / c, ZERO

    def dividend(c: ExactArray) -> tuple[ExactArray, ExactArray]:
        raise node.error("divides a constant by a computed tensor, which is not affine")

    _read(node, importer, operator.truediv, divisor, dividend)


@handles("Relu")
def read_relu(node: OnnxNode, importer: Importer) -> None:
    value = node.activation()
    importer.values[node.outputs[0]] = importer.add(node, Relu(), value, shape=value.shape)


@handles("BatchNormalization")
def read_batch_normalization(node: OnnxNode, importer: Importer) -> None:
    """y = gamma*(x - mean)/sqrt(var + eps) + beta."""
    value = node.activation()
    if node.attributes.get("training_mode", 0):
        raise node.error("is in training mode; export the model in evaluation mode")
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
        factors = (1, 1 if fold is operator.add else -1)
        if left.name == right.name:
            _add_affine(node, importer, left, exact_array(sum(factors)), ZERO)
            return
        importer.values[node.outputs[0]] = importer.add(node, Sum(factors), left, right, shape=left.shape)
        return
    if isinstance(left, Activation):
        _add_affine(node, importer, left, *tensor_first(node.constant(1, "a side").exact()))
    elif isinstance(right, Activation):
        _add_affine(node, importer, right, *tensor_second(node.constant(0, "a side").exact()))
    else:
        a, b = (node.constant(i, "a side").exact() for i in (0, 1))
        importer.values[node.outputs[0]] = Constant(fold(a, b))


def _add_affine(
    node: OnnxNode, importer: Importer, value: Activation, mul: ExactArray, add: ExactArray
) -> None:
    mul, add = (channel_parameters(node, p, value) for p in (mul, add))
    importer.values[node.outputs[0]] = importer.add(node, Affine(mul, add), value, shape=value.shape)
