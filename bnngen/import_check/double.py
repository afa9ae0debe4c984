"""A model file in double precision: so its evaluation rounds far less than any quantiser notices."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16}


def in_double(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``model`` whose initialisers, constants and casts to less than double precision are double.

    It also names the version of each domain that its nodes have: tools of QONNX leave that out.
    """
    lifted = onnx.ModelProto()
    lifted.CopyFrom(model)
    named = {entry.domain for entry in lifted.opset_import}
    for domain in {node.domain for node in lifted.graph.node} - named:
        lifted.opset_import.append(helper.make_opsetid(domain, 1))
    for tensor in lifted.graph.initializer:
        _lift_tensor(tensor)
    _lift_nodes(lifted.graph.node)
    for function in lifted.functions:
        _lift_nodes(function.node)
    return lifted


def _lift_nodes(nodes: Iterable[onnx.NodeProto]) -> None:
    for node in nodes:
        _say_no_padding(node)
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in _FLOATS:
                attribute.i = TensorProto.DOUBLE
            elif attribute.type == onnx.AttributeProto.TENSOR:
                _lift_tensor(attribute.t)
            elif node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                number = helper.get_attribute_value(attribute)
                tensor = numpy_helper.from_array(np.asarray(number, np.float64))
                attribute.CopyFrom(helper.make_attribute("value", tensor))


def _say_no_padding(node: onnx.NodeProto) -> None:
    """Leaves VALID padding out, in place: it is none, and onnx's evaluator pads a convolution as for SAME."""
    said = {attribute.name: attribute for attribute in node.attribute}
    if "auto_pad" in said and said["auto_pad"].s == b"VALID":
        for name in said.keys() & {"auto_pad", "pads"}:
            node.attribute.remove(said[name])


def _lift_tensor(tensor: TensorProto) -> None:
    if tensor.data_type in _FLOATS:
        array = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
