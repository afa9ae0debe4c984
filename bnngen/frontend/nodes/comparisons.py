"""Comparisons, what is chosen by them, and logic: the binarizers that people write themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.nodes.building import add_affine, add_difference, known_input, real, scaled, side
from bnngen.frontend.nodes.pieces import read_pieces
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation
from bnngen.ir.layers import Sum
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import Exact, exact_array

BIT = IntType(0, 1)
"""What a comparison holds: 1 where it is true."""
ONE, ZERO = exact_array(1), exact_array(0)

_SENSES: dict[str, tuple[bool, bool]] = {
    "GreaterOrEqual": (False, False),
    "Greater": (False, True),
    "LessOrEqual": (True, False),
    "Less": (True, True),
}
"""Whether the result falls as the left side rises, and whether equal sides give 0."""
_FOLDED: dict[str, Callable[[NDArray[np.int64]], NDArray[np.bool_]]] = {
    "GreaterOrEqual": lambda order: order >= 0,
    "Greater": lambda order: order > 0,
    "LessOrEqual": lambda order: order <= 0,
    "Less": lambda order: order < 0,
    "Equal": lambda order: order == 0,
}


@handles("GreaterOrEqual", "Greater", "LessOrEqual", "Less", "Equal")
def read_comparison(node: OnnxNode, importer: Importer) -> None:
    """1 where it holds, else 0: a quantiser with one threshold."""
    sides = [node.input(0), node.input(1)]
    if not any(isinstance(value, Activation) for value in sides):
        order = known.order(known_input(node, 0), known_input(node, 1))
        importer.fold(node, _FOLDED[node.op_type](order))
        return
    if node.op_type == "Equal":
        raise node.error(
            "compares computed tensors, which is no threshold: it holds for one number and for none beside "
            "it; write the network with >= or <"
        )
    falls, strict = _SENSES[node.op_type]
    difference = add_difference(node, importer)
    step = Step(((Bound(Exact(), strict),),), (falls,), BIT)
    bit = importer.add(node, step, difference)
    importer.values[node.output(0)] = replace(bit, holds=BIT)


@handles("Not")
def read_not(node: OnnxNode, importer: Importer) -> None:
    """1 - x."""
    value = node.input(0)
    if not isinstance(value, Activation):
        importer.fold(node, ~_condition(node, 0))
        return
    _require_bit(node, value)
    turned = scaled(node, importer, real(value), -ONE, ONE)
    importer.values[node.output(0)] = replace(turned, holds=BIT)


@handles("And", "Or")
def read_and_or(node: OnnxNode, importer: Importer) -> None:
    """Both, or one of two: their sum reaches 2, or 1."""
    sides = [node.input(0), node.input(1)]
    if not any(isinstance(value, Activation) for value in sides):
        function = np.logical_and if node.op_type == "And" else np.logical_or
        importer.fold(node, function(_condition(node, 0), _condition(node, 1)))
        return
    left, right = node.activation(0), node.activation(1)
    for bit in (left, right):
        _require_bit(node, bit)
    if left.shape != right.shape:
        raise node.error(f"of tensors of shapes {left.shape} and {right.shape} is not supported")
    if left.name == right.name:
        importer.values[node.output(0)] = left
        return
    both = importer.add(node, Sum((1, 1)), left, right, suffix="_sum")
    least = Exact.of(2 if node.op_type == "And" else 1)
    bit = importer.add(node, Step(((Bound(least, strict=False),),), (False,), BIT), both)
    importer.values[node.output(0)] = replace(bit, holds=BIT)


@handles("Where")
def read_where(node: OnnxNode, importer: Importer) -> None:
    """One of two constants, as a comparison says: scaled by their distance; or one of two lines."""
    condition = node.input(0)
    sides = [node.input(1), node.input(2)]
    if not isinstance(condition, Activation):
        if any(isinstance(value, Activation) for value in sides):
            raise node.error(
                "chooses elements of a computed tensor by a fixed mask, which is not supported; multiply the "
                "weights behind it by the mask"
            )
        value = known.choose(_condition(node, 0), known_input(node, 1), known_input(node, 2))
        importer.know(node, value)
        return
    _require_bit(node, condition)
    if any(isinstance(value, Activation) for value in sides):
        read_pieces(node, importer, condition)
        return
    high, low = (side(node, index, condition) for index in (1, 2))
    importer.values[node.output(0)] = add_affine(node, importer, real(condition), high - low, low)


def _condition(node: OnnxNode, index: int) -> NDArray[np.bool_]:
    array = node.constant(index, "its condition").array
    if array.dtype != np.bool_:
        raise node.error(f"takes true or false as its input {index}, not {array.dtype}")
    return array


def _require_bit(node: OnnxNode, value: Activation) -> None:
    if value.holds != BIT or value.signed:
        raise node.error(f"takes the result of a comparison, which the tensor '{value.name}' is not")
