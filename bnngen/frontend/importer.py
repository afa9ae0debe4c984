"""Walks the nodes of an ONNX model in order and builds the quantised graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from bnngen.errors import ModelError
from bnngen.frontend.values import Activation, Constant, Value
from bnngen.graph import Graph, Node, Op, Shape

Handler = Callable[["OnnxNode", "Importer"], None]

_HANDLERS: dict[str, Handler] = {}


def handles(*op_types: str) -> Callable[[Handler], Handler]:
    """Registers a function as the reader of the ONNX operators ``op_types``."""

    def register(handler: Handler) -> Handler:
        _HANDLERS.update(dict.fromkeys(op_types, handler))
        return handler

    return register


@dataclass(frozen=True)
class OnnxNode:
    """One node of the file with what its inputs stand for; an input that is left out is None."""

    op_type: str
    name: str
    attributes: dict[str, Any]
    inputs: tuple[Value | None, ...]
    outputs: tuple[str, ...]

    def error(self, problem: str) -> ModelError:
        return ModelError(self.name, f"{self.op_type} {problem}")

    def input(self, index: int) -> Value:
        """Raises ModelError if the input is missing."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise self.error(f"lacks its input {index}")
        return value

    def constant(self, index: int, what: str) -> Constant:
        """The input as plain numbers. Raises ModelError if it depends on the network's input."""
        value = self.input(index)
        if isinstance(value, Activation):
            raise self.error(f"takes a constant as {what}, not the computed tensor '{value.name}'")
        return value if isinstance(value, Constant) else Constant(value.exact())

    def activation(self, index: int = 0) -> Activation:
        """Raises ModelError if the input is a constant."""
        value = self.input(index)
        if not isinstance(value, Activation):
            raise self.error(f"takes a computed tensor as its input {index}, not a constant")
        return value

    def text(self, attribute: str, default: str) -> str:
        value = self.attributes.get(attribute, default)
        return value.decode() if isinstance(value, bytes) else value


@dataclass
class Importer:
    """What has been read so far: the meaning of each tensor name, and the nodes of the graph."""

    model: onnx.ModelProto
    values: dict[str, Value] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    @property
    def opset(self) -> int:
        return next((o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx")), 9)

    def add(
        self, node: OnnxNode, op: Op, *sources: Activation, shape: tuple[int, ...], suffix: str = ""
    ) -> Activation:
        """Append ``op`` behind ``sources``; ``shape`` is the result's shape in the file."""
        name = self._free_name(node.name + suffix) if suffix else node.name
        names = tuple(source.name for source in sources)
        try:
            self.shapes[name] = op.output_shape([self.shapes[source] for source in names])
        except ValueError as error:
            raise node.error(str(error)) from None
        self.nodes.append(Node(name, op, names))
        return Activation(name, shape)

    def run(self) -> Graph:
        graph = self.model.graph
        for tensor in graph.initializer:
            self.values[tensor.name] = _initializer(tensor)
        input_name, input_shape = self._read_input()
        for node, name in zip(graph.node, self._node_names(), strict=True):
            self._read_node(node, name)
        if len(graph.output) != 1:
            raise ModelError(graph.output[1].name, f"the network has {len(graph.output)} outputs, not one")
        output = self.values.get(graph.output[0].name)
        if not isinstance(output, Activation):
            raise ModelError(graph.output[0].name, "the output does not depend on the input")
        return Graph(input_name, input_shape, tuple(self.nodes), output.name).pruned()

    def _read_input(self) -> tuple[str, Shape]:
        inputs = [i for i in self.model.graph.input if i.name not in self.values]
        if len(inputs) != 1:
            raise ModelError("input", f"the network has {len(inputs)} inputs, not one")
        name = inputs[0].name
        dims = [d.dim_value for d in inputs[0].type.tensor_type.shape.dim]
        if len(dims) not in (2, 3, 4) or any(d < 1 for d in dims[1:]):
            raise ModelError(
                name, f"the input has shape {dims}, not (N, features), (N, C, L) or (N, C, H, W)"
            )
        shape = (*dims[2:], dims[1])
        self.values[name] = Activation(name, (1, *dims[1:]))
        self.shapes[name] = shape
        return name, shape

    def _node_names(self) -> list[str]:
        """For each node of the file, a name that no other node and no input has."""
        self.names = set(self.shapes)
        nodes = enumerate(self.model.graph.node)
        return [self._free_name(node.name or f"{node.op_type}_{index}") for index, node in nodes]

    def _free_name(self, wish: str) -> str:
        """``wish``, or ``wish_2``, ``wish_3`` ...; taken from then on."""
        name, count = wish, 1
        while name in self.names:
            count += 1
            name = f"{wish}_{count}"
        self.names.add(name)
        return name

    def _read_node(self, node: onnx.NodeProto, name: str) -> None:
        inputs = tuple(self._value(i, name) for i in node.input)
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        view = OnnxNode(node.op_type, name, attributes, inputs, tuple(node.output))
        handler = _HANDLERS.get(node.op_type)
        if handler is None:
            accepted = ", ".join(sorted(_HANDLERS))
            raise ModelError(name, f"the operator {node.op_type} is not supported; supported are {accepted}")
        try:
            handler(view, self)
        except (ValueError, ArithmeticError, IndexError) as error:
            raise view.error(str(error)) from None

    def _value(self, tensor: str, node: str) -> Value | None:
        if not tensor:
            return None
        if tensor not in self.values:
            raise ModelError(node, f"reads the tensor '{tensor}', which nothing before it makes")
        return self.values[tensor]


def _initializer(tensor: onnx.TensorProto) -> Constant:
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise ModelError(
            tensor.name, "the tensor's numbers are kept in another file; save the model as one file"
        )
    return Constant(numpy_helper.to_array(tensor))


def channel_parameters(node: OnnxNode, values: np.ndarray, target: Activation) -> np.ndarray:
    """An array that broadcasts against ``target`` in the file, as one number or one for each channel.

    The channels are axis 1 of the file's shape. Raises ModelError if the array varies along another axis.
    """
    if values.size == 1:
        return values.reshape(1)
    aligned = (1,) * (len(target.shape) - values.ndim) + values.shape
    if len(aligned) != len(target.shape) or not values.size == aligned[1] == target.shape[1]:
        raise node.error(
            f"has parameters of shape {values.shape} for a tensor of shape {target.shape}; "
            "accepted are one number, or one for each channel"
        )
    return values.reshape(-1)


def features(shape: tuple[int, ...]) -> int:
    """How many elements a frame of a tensor with this file shape has."""
    return math.prod(shape[1:])
