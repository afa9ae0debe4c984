"""From a trained module to a QONNX file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from bnngen.base.files import write_bytes
from bnngen.reference.names import Names
from bnngen.train.brevitas_import import export_qonnx


def export_model(model: nn.Module, path: Path, shape: tuple[int, ...]) -> None:
    """Write ``model``, which takes (N, *shape), to ``path`` as QONNX with a free batch size.

    The same model gives the same bytes. Weights of one bit take a byte each. Raises UsageError if the file
    can't be written.
    """
    write_bytes(path, exported(model, shape).SerializeToString(deterministic=True))


def exported(model: nn.Module, shape: tuple[int, ...]) -> onnx.ModelProto:
    """What `export_model` writes."""
    model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that Brevitas needs is deprecated in torch
        made = export_qonnx(
            model,
            torch.zeros(2, *shape),  # two samples: a batch of one would be taken for a fixed size
            input_names=["input"],
            output_names=["scores"],
            dynamic_axes={"input": {0: "N"}, "scores": {0: "N"}},
            dynamo=False,
            keep_initializers_as_inputs=False,
        )
    return store_signs(strip(made))


def write_names(names: Names, path: Path) -> None:
    """Put ``names`` into the metadata of the model file ``path``."""
    if metadata := names.to_metadata():
        model = onnx.load(path)
        helper.set_model_props(model, metadata)
        write_bytes(path, model.SerializeToString(deterministic=True))


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove what tells about the machine that wrote ``model`` and nothing about the network, in place."""
    graph = model.graph
    values = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for item in (model, graph, *graph.node, *values):
        item.ClearField("doc_string")
        item.ClearField("metadata_props")
    return model


def store_signs(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keep of each binarized weight its sign, one byte, in place: training needs more, the network does not.

    A Cast in front of each weight's BipolarQuant makes floats of the bytes again.
    """
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for index, node in reversed(list(enumerate(graph.node))):
        if node.op_type != "BipolarQuant" or node.input[0] not in tensors:
            continue
        tensor = tensors[node.input[0]]
        signs = np.where(numpy_helper.to_array(tensor) >= 0, 1, -1).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(signs, tensor.name))
        floats = f"{tensor.name}_float"
        cast = helper.make_node("Cast", [tensor.name], [floats], to=TensorProto.FLOAT)
        node.input[0] = floats
        graph.node.insert(index, cast)
    return model
