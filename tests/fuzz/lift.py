"""A model file in doubles: every float of it, whichever its width, becomes the double that it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, inliner, numpy_helper

from tests.fuzz.operators import QONNX_DOMAINS

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)
CONSTANTS = {"value_float": float, "value_floats": float, "value_int": np.int64, "value_ints": np.int64}


def lifted(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` in doubles, whose Constant nodes are initializers and whose functions are inlined.

    Raises what onnx raises for tensors that are damaged.
    """
    model = _inlined(model)
    graph = model.graph
    for named in (*graph.node, *model.opset_import):
        named.domain = "" if named.domain == "ai.onnx" else named.domain
    imported = {o.domain for o in model.opset_import}
    for domain in {n.domain for n in graph.node}.intersection(QONNX_DOMAINS) - imported:
        model.opset_import.add(domain=domain, version=1)  # which FINN's files leave out
    for node in [n for n in graph.node if _is_constant(n)]:
        graph.initializer.append(numpy_helper.from_array(_constant(node), node.output[0]))
        graph.node.remove(node)
    for value in [*graph.input, *graph.output, *graph.value_info]:
        if value.type.tensor_type.elem_type in FLOATS:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    for tensor in graph.initializer:
        _lift(tensor)
    for node in _nodes([graph.node]):
        _lift_attributes(node)
    return model


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without local functions. Raises ValueError where onnx leaves one, as it does for one that names
    other versions of operators than the file."""
    if not model.functions:
        return _copy(model)
    names = {(f.domain, f.name) for f in model.functions}
    inlined = inliner.inline_local_functions(model)
    if left := names.intersection((node.domain, node.op_type) for node in inlined.graph.node):
        raise ValueError(f"calls of {left} are left")
    return inlined


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _is_constant(node: onnx.NodeProto) -> bool:
    return node.op_type == "Constant" and node.domain in ("", "ai.onnx") and len(node.output) == 1


def _constant(node: onnx.NodeProto) -> np.ndarray:
    (attribute,) = node.attribute
    value = helper.get_attribute_value(attribute)
    if attribute.name == "value":
        result: np.ndarray = numpy_helper.to_array(value)
        return result
    return np.array(value, CONSTANTS[attribute.name])


def _lift(tensor: TensorProto) -> None:
    if tensor.data_type in FLOATS:
        array = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _nodes(groups: Iterable[Iterable[onnx.NodeProto]]) -> Iterator[onnx.NodeProto]:
    """All nodes, those of subgraphs too."""
    for group in groups:
        for node in group:
            yield node
            yield from _nodes([a.g.node for a in node.attribute if a.type == AttributeProto.GRAPH])


def _lift_attributes(node: onnx.NodeProto) -> None:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.TENSOR:
            _lift(attribute.t)
        elif attribute.type == AttributeProto.GRAPH:
            for tensor in attribute.g.initializer:
                _lift(tensor)
        elif (node.op_type, attribute.name) == ("Cast", "to") and attribute.i in FLOATS:
            attribute.i = TensorProto.DOUBLE
        elif (node.op_type, attribute.name) == ("TopK", "sorted"):
            attribute.i = 1  # which is one of the orders that 0 allows
