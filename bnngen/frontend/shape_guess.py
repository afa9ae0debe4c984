"""The shapes of what could not be read: as the file says, as onnx infers them, or as operators keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, TypeProto, helper, numpy_helper, shape_inference

from bnngen.frontend.remedies import remedy_of
from bnngen.frontend.schema import QONNX, STANDARD
from bnngen.frontend.values import Constant, OnnxShape, Value

MOST_KNOWN = 1 << 10
"""Numbers of a constant that may say which shape comes out."""
_KEEPS_SHAPE = {"Quant", "IntQuant", "BipolarQuant", "MultiThreshold", "Trunc"}
_COUNTS = {
    "strides",
    "dilations",
    "kernel_shape",
    "group",
    "blocksize",
    "num_outputs",
    "hidden_size",
    "split",
}
"""Attributes with which onnx's inference divides or multiplies, and does not look at them first."""


def file_shapes(graph: onnx.GraphProto) -> dict[str, OnnxShape]:
    """The shapes that the file itself names, with a batch of 1 where it is open."""
    entries = [*graph.value_info, *graph.output]
    found = ((entry.name, type_shape(entry.type)) for entry in entries)
    return {name: shape for name, shape in found if shape is not None}


def type_shape(type_: TypeProto) -> OnnxShape | None:
    """The shape of a tensor's type; None if it has none, or an axis behind the batch is not known."""
    if not type_.tensor_type.HasField("shape"):
        return None
    dims = [axis.dim_value for axis in type_.tensor_type.shape.dim]
    if any(d < 1 for d in dims[1:]) or min(dims[:1], default=1) < 0:
        return None
    return tuple(max(1, d) for d in dims)


def inferred_shapes(
    node: onnx.NodeProto, inputs: Sequence[Value | OnnxShape | None], opset: int
) -> dict[str, OnnxShape]:
    """The shapes of a node's outputs of what is known of its ``inputs``: their values, or shapes."""
    first = _shape(inputs[0]) if inputs else None
    domain = str(node.domain)  # of a damaged file it may be bytes
    remedy = remedy_of(domain, node.op_type)
    keeps = remedy.keeps_shape if remedy else domain in QONNX and node.op_type in _KEEPS_SHAPE
    if keeps and first is not None:
        return {node.output[0]: first}
    if domain not in STANDARD or any(_is_unsafe(attribute) for attribute in node.attribute):
        return {}
    known = zip(node.input, inputs, strict=True)
    types = {name: _type(value) for name, value in known if name}
    try:
        schema = onnx.defs.get_schema(node.op_type, opset, "")
        found = shape_inference.infer_node_outputs(
            schema, node, types, _data(node, inputs), opset_imports=[helper.make_opsetid("", opset)]
        )
    except Exception:  # what it throws is documented nowhere, and a shape is only a help here
        return {}
    shapes = ((name, type_shape(type_)) for name, type_ in found.items())
    return {name: shape for name, shape in shapes if shape is not None}


def _shape(value: Value | OnnxShape | None) -> OnnxShape | None:
    return value if value is None or isinstance(value, tuple) else value.shape


def _type(value: Value | OnnxShape | None) -> TypeProto:
    kind = TensorProto.FLOAT
    if isinstance(value, Constant) and value.array.dtype.kind in "iub":
        kind = helper.np_dtype_to_tensor_dtype(value.array.dtype)
    return helper.make_tensor_type_proto(kind, _shape(value))


def _data(node: onnx.NodeProto, inputs: Sequence[Value | OnnxShape | None]) -> Mapping[str, TensorProto]:
    """The constants that may be shapes, axes or scales."""
    known = zip(node.input, inputs, strict=True)
    return {
        name: numpy_helper.from_array(np.asarray(value.array), name)
        for name, value in known
        if isinstance(value, Constant) and value.array.dtype != object and value.array.size <= MOST_KNOWN
    }


def _is_unsafe(attribute: onnx.AttributeProto) -> bool:
    """Whether onnx's inference might not survive the attribute."""
    numbers = [attribute.i] if attribute.type == onnx.AttributeProto.INT else list(attribute.ints)
    wild = any(abs(n) >= 1 << 31 for n in numbers)
    holds_graph = attribute.HasField("g") or bool(attribute.graphs)
    return holds_graph or wild or (attribute.name in _COUNTS and any(n < 1 for n in numbers))


def is_frame(shape: OnnxShape | None) -> bool:
    """Whether a tensor of this shape in the file can be one of the network's."""
    return shape is not None and 1 <= len(shape) <= 4
