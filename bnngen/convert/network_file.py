"""An integer network as a model file: QONNX that bnngen reads as just this network, and others as the same
function.

Every number in it is exact. Weights are whole numbers behind their quantisers, thresholds whole numbers too;
what the host computes at both ends stands in front of the first quantiser and behind the last integer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from bnngen.base.errors import ModelError
from bnngen.convert import layers  # noqa: F401 - registers the writers of the layers
from bnngen.convert.input_codes import write_codes
from bnngen.convert.writer import NetworkWriter, Tensor, write_layer
from bnngen.frontend.choices import SIGN_OF_ZERO
from bnngen.frontend.schema import QONNX
from bnngen.ir.graph import Shape, channels_first, channels_last
from bnngen.numbers.exact import ExactArray
from bnngen.reference.head import Head
from bnngen.reference.names import KEYS, PREFIX
from bnngen.reference.network import NETWORK_INPUT, Host, Network

OPSET, IR_VERSION = 13, 8
CONVERTED = "bnngen.converted"
"""Where a file's metadata say of what it was made, and with which choices."""


def network_file(
    network: Network, name: str, input_name: str, output_name: str, metadata: Mapping[str, str]
) -> onnx.ModelProto:
    """The file of ``network``, whose graph, input and output are called so. Raises ModelError for what no
    file
    can hold."""
    writer = NetworkWriter({input_name, output_name, *(layer.name for layer in network.layers)})
    tensors = {NETWORK_INPUT: write_codes(writer, network, input_name)}
    for number, (layer, sources) in enumerate(zip(network.layers, network.sources, strict=True)):
        inputs = [tensors[k] for k in sources]
        views = layer.views or [x.shape for x in inputs]
        seen = [writer.viewed(x, view, layer.name) for x, view in zip(inputs, views, strict=True)]
        try:
            tensors[number] = write_layer(writer, layer.op, layer.name, seen)
        except ValueError as error:
            raise ModelError(layer.name, str(error)) from None
    last = _outputs(writer, network, tensors[len(network.layers) - 1])
    _rename(writer.nodes, last.name, output_name)
    element = TensorProto.INT64 if network.layers[-1].op.gives_class else TensorProto.FLOAT
    graph = helper.make_graph(
        writer.nodes,
        name,
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["N", *network.model_shape])],
        [helper.make_tensor_value_info(output_name, element, ["N", *channels_first(last.shape)])],
        writer.initializers,
    )
    domains = [helper.make_opsetid("", OPSET), helper.make_opsetid(QONNX[0], 1)]
    model = helper.make_model(
        graph,
        opset_imports=domains,
        ir_version=IR_VERSION,
        producer_name="bnngen",
        producer_version=version("bnngen"),
    )
    helper.set_model_props(model, dict(metadata))
    return model


def metadata_of(
    model: onnx.ModelProto, network: Network, source: str, choices: Mapping[str, str]
) -> dict[str, str]:
    """What the file says of itself: all that its ``source`` said and that holds of the ``network`` still, and
    the choices that were made."""
    others = {SIGN_OF_ZERO, *(f"{PREFIX}{key}" for key in KEYS)}
    found = {entry.key: entry.value for entry in model.metadata_props if entry.key not in others}
    return {**found, **network.names.to_metadata(), CONVERTED: json.dumps({"source": source, **choices})}


def _rename(nodes: list[onnx.NodeProto], name: str, wanted: str) -> None:
    """Give a tensor its name."""
    for node in nodes:
        for names in (node.input, node.output):
            for index, tensor in enumerate(names):
                if tensor == name:
                    names[index] = wanted


def _outputs(writer: NetworkWriter, network: Network, x: Tensor) -> Tensor:
    """What the host does behind the last integer."""
    host, wish = network.host, "output"
    if network.class_index:
        return x
    shape = channels_last(host.shape) if host.shape is not None else (network.elements_out,)
    if host.transpositions:
        x = writer.transposed(x, host.transpositions, shape, wish)
    if max(len(host.mul), len(host.add)) not in (1, x.shape[-1]):
        x = writer.reshaped(x, (network.elements_out,), wish)
    x = writer.affine(x, *_parameters(host), wish)
    x = writer.reshaped(x, shape, wish)
    if host.head is None:
        return x
    more: dict[str, Any] = (
        {} if host.head.name == "Sigmoid" else {"axis": _axis(host.head, channels_first(shape), network)}
    )
    return writer.extra(host.head.name, x, wish=f"{wish}_{host.head.name.lower()}", **more)


def _axis(head: Head, shape: Shape, network: Network) -> int:
    """The axis of the file along which the function's rows lie. Raises ModelError if there is none."""
    numbers = np.arange(head.rows.size).reshape(shape)
    for axis, length in enumerate(shape):
        rows = np.moveaxis(numbers, axis, -1).reshape(-1, length)
        if np.array_equal(np.sort(rows, axis=0), np.sort(head.rows, axis=0)):
            return 1 + axis
    raise ModelError(
        network.layers[-1].name, f"has a {head.name} behind it that is along no axis of the outputs"
    )


def _parameters(host: Host) -> tuple[ExactArray, ExactArray]:
    return host.mul, host.add
