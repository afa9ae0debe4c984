"""One node of a file as its reader sees it: what its inputs stand for, and what its attributes say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.frontend.values import Activation, Constant, OnnxShape, Value


@dataclass(frozen=True)
class OnnxNode:
    """One node of the file with what its inputs stand for; an input that is left out is None.

    ``attributes`` are those that the file gives, of the types that the operator's definition says.
    """

    op_type: str
    name: str
    attributes: Mapping[str, Any]
    inputs: tuple[Value | None, ...]
    outputs: tuple[str, ...]

    def error(self, problem: str) -> ModelError:
        """An error that names the layer and its operator before the ``problem``."""
        return ModelError(self.name, f"{self.op_type} {problem}")

    def has_input(self, index: int) -> bool:
        """Whether the input is there."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def input(self, index: int) -> Value:
        """Raises ModelError if the input is missing."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise self.error(f"lacks its input {index}")
        return value

    def output(self, index: int) -> str:
        """The name of an output. Raises ModelError if the node has no such output."""
        if index >= len(self.outputs):
            raise self.error(f"lacks its output {index}")
        return self.outputs[index]

    def constant(self, index: int, what: str) -> Constant:
        """The input as plain numbers. Raises ModelError if it depends on the network's input."""
        value = self.input(index)
        if isinstance(value, Activation):
            raise self.error(f"takes a constant as {what}, not the computed tensor '{value.name}'")
        return value if isinstance(value, Constant) else Constant(value.exact())

    def whole(self, index: int, what: str) -> list[int]:
        """The input as whole numbers in a row. Raises ModelError if it is computed, or something else."""
        array = self.constant(index, what).array
        if array.ndim > 1:
            raise self.error(f"takes a row of whole numbers as {what}, not an array of shape {array.shape}")
        return whole_numbers(self, array, what)

    def activation(self, index: int = 0) -> Activation:
        """Raises ModelError if the input is a constant."""
        value = self.input(index)
        if not isinstance(value, Activation):
            raise self.error(f"takes a computed tensor as its input {index}, not a constant")
        return value

    def axis(self, rank: int, default: int, attribute: str = "axis") -> int:
        """The axis that an attribute names, counted from the front. Raises ModelError for one beyond."""
        return checked_axis(self, self.attributes.get(attribute, default), rank)

    def flag(self, attribute: str, default: bool = False) -> bool:
        """An attribute that is 0 or 1. Raises ModelError for any other number."""
        value = self.attributes.get(attribute, int(default))
        if value not in (0, 1):
            raise self.error(f"has {attribute} = {value}; accepted are 0 and 1")
        return bool(value)


def whole_numbers(node: OnnxNode, array: NDArray[Any], what: str) -> list[int]:
    """The numbers of an array as int. Raises ModelError if one is no whole number."""
    try:
        return [
            int(v) if array.dtype == object or array.dtype.kind in "iu" else _whole(v) for v in array.flat
        ]
    except ValueError:
        raise node.error(f"takes whole numbers as {what}, not {array.tolist()}") from None


def _whole(value: Any) -> int:
    if not float(value).is_integer():
        raise ValueError
    return int(value)


def checked_axis(node: OnnxNode, axis: int, rank: int) -> int:
    """``axis`` counted from the front. Raises ModelError if a tensor of ``rank`` axes has no such axis."""
    if not -rank <= axis < rank:
        raise node.error(f"works on axis {axis} of a tensor that has {rank}")
    return axis % rank


def channel_parameters(node: OnnxNode, values: np.ndarray, target: Activation) -> np.ndarray:
    """An array that broadcasts against ``target`` in the file, as one number or one for each channel.

    The channels are axis 1 of the file's shape. Raises ModelError if the array varies along another axis, or
    makes another shape of the tensor.
    """
    axis = varying_axis(node, values, target.shape)
    if axis is None:
        return values.reshape(-1)[:1]
    if axis != 1:
        raise parameters_error(node, values, target.shape)
    return values.reshape(-1)


def varying_axis(node: OnnxNode, values: np.ndarray, shape: OnnxShape) -> int | None:
    """The axis of a tensor of this shape along which an array that broadcasts against it varies; None if it
    is one number. Raises ModelError for more axes, and where the sum would have another shape."""
    aligned = (1,) * (len(shape) - values.ndim) + values.shape
    varying = [axis for axis, length in enumerate(aligned) if length != 1]
    fits = len(aligned) == len(shape) and all(aligned[axis] == shape[axis] for axis in varying)
    if not fits or len(varying) > 1 or 0 in varying or not values.size:
        raise parameters_error(node, values, shape)
    return varying[0] if varying else None


def parameters_error(node: OnnxNode, values: np.ndarray, shape: OnnxShape) -> ModelError:
    """The error for parameters ``values`` that do not fit a tensor of ``shape``."""
    return node.error(
        f"has parameters of shape {values.shape} for a tensor of shape {shape}; "
        "accepted are one number, or one for each channel"
    )


def features(shape: OnnxShape) -> int:
    """How many elements a frame of a tensor with this file shape has."""
    return math.prod(shape[1:])
