"""A model with the choices made that its file leaves open: then everything else reads it without any."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx

from bnngen.base.errors import ModelError, UsageError
from bnngen.base.text import joined
from bnngen.frontend.choices import SIGN_OF_ZERO, ImportChoices, SignOfZero
from bnngen.frontend.exact_tensors import TensorWriter
from bnngen.frontend.input_type import InputType
from bnngen.frontend.schema import QONNX
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.exact import exact_array

QUANTIZER = "input_quantizer"
"""What the quantiser is called that is put behind the input."""


def chosen(model: onnx.ModelProto, choices: ImportChoices) -> onnx.ModelProto:
    """A copy of ``model``, which has no local functions, that ends where it is to be cut, and says how its
    plain Signs are meant; the same object without such choices.

    Raises UsageError if there is no such node, or the file says something else of its Signs.
    """
    if choices.cut_at is None and choices.sign_of_zero is None:
        return model
    made = _copied(model)
    if choices.cut_at is not None:
        _cut(made.graph, choices.cut_at)
    if choices.sign_of_zero is not None:
        _say_sign_of_zero(made, choices.sign_of_zero)
    return made


def node_name(node: onnx.NodeProto, index: int) -> str:
    """What a node is called: by its name, else by its operator and its place."""
    return str(node.name or f"{node.op_type}_{index}")


def input_name(model: onnx.ModelProto) -> str:
    """The name of the only input that is no initializer. Raises ModelError for several, or none."""
    known = {tensor.name for tensor in model.graph.initializer}
    names = [value.name for value in model.graph.input if value.name not in known]
    if len(names) != 1:
        raise ModelError("input", f"the network has {len(names)} inputs, not one")
    return str(names[0])


def _copied(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which every node has the name by which messages call it."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for index, node in enumerate(made.graph.node):
        node.name = node_name(node, index)
    return made


def _cut(graph: onnx.GraphProto, name: str) -> None:
    """Let the graph end at a tensor, or at the node of this name; what the end does not depend on goes."""
    tensor = _tensor_at(graph, name)
    needed, kept = {tensor}, list[onnx.NodeProto]()
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.insert(0, node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(kept)
    known = [value for value in (*graph.output, *graph.value_info) if value.name == tensor]
    output = known[0] if known else onnx.ValueInfoProto(name=tensor)
    del graph.output[:]
    graph.output.append(output)


def _tensor_at(graph: onnx.GraphProto, name: str) -> str:
    """The tensor of this name, or the only one that the node of this name makes."""
    made = {output for node in graph.node for output in node.output if output}
    if name in made:
        return name
    outputs = [output for node in graph.node if node.name == name for output in node.output if output]
    if len(outputs) > 1:
        tensors = joined([f"'{output}'" for output in outputs], "and")
        raise UsageError(f"--cut-at: the node '{name}' makes {tensors}: name one of these tensors instead")
    if not outputs:
        ends = joined([f"'{value.name}'" for value in graph.output], "and")
        raise UsageError(f"--cut-at: the model has no node and no tensor '{name}'; it ends in {ends}")
    return str(outputs[0])


def _say_sign_of_zero(model: onnx.ModelProto, sign: SignOfZero) -> None:
    said = sign_of_zero(model)
    if said is not None and said != sign:
        raise UsageError(
            f"the file says that its sign of zero is {said}, and --sign-of-zero {sign}: leave it out"
        )
    if said is None:
        model.metadata_props.append(onnx.StringStringEntryProto(key=SIGN_OF_ZERO, value=sign))


def sign_of_zero(model: onnx.ModelProto) -> str | None:
    """How the file's metadata say that its plain Signs are meant."""
    return next((entry.value for entry in model.metadata_props if entry.key == SIGN_OF_ZERO), None)


def with_input_quantizer(model: onnx.ModelProto, input_: InputType) -> onnx.ModelProto:
    """A copy of ``model``, which has no local functions, that first quantises its input as ``input_`` says.

    Raises ModelError if that is for another number of channels.
    """
    made, name = _copied(model), input_name(model)
    graph = made.graph
    (source,) = (value for value in graph.input if value.name == name)
    shape = [axis.dim_value for axis in source.type.tensor_type.shape.dim]
    if len(shape) > 1 and input_.channels not in (1, shape[1]):
        raise ModelError(
            name, f"has {shape[1]} channels, and --input numbers for {input_.channels}: one, or one for each"
        )
    source.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    writer = TensorWriter(_names(graph))
    quantized = _write_quantizer(writer, name, input_, (1, -1, *(1,) * (len(shape) - 2)))
    for node in graph.node:
        for index, tensor in enumerate(node.input):
            if tensor == name:
                node.input[index] = quantized
    nodes = [*writer.nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(writer.initializers)
    if QONNX[0] not in {entry.domain for entry in made.opset_import}:
        made.opset_import.append(onnx.helper.make_opsetid(QONNX[0], 1))
    return made


def _names(graph: onnx.GraphProto) -> set[str]:
    nodes: Iterable[onnx.NodeProto] = graph.node
    named = {named.name for part in (nodes, graph.initializer, graph.input, graph.output) for named in part}
    return named.union(*(node.output for node in nodes), *(node.input for node in nodes))


def _write_quantizer(writer: TensorWriter, name: str, input_: InputType, shape: tuple[int, ...]) -> str:
    scale, offset = (
        exact_array(np.array(numbers)).reshape(shape if len(numbers) > 1 else (1,))
        for numbers in (input_.scale, input_.offset)
    )
    called, steps = writer.free_name(QUANTIZER), writer.numbers(scale, f"{QUANTIZER}_scale")
    if not input_.type.bipolar:
        zero = writer.numbers(-offset / scale, f"{QUANTIZER}_zero")
        return write_quant(writer, name, input_.type, steps, zero, called)
    if not any(offset.flat):
        return writer.node("BipolarQuant", name, steps, name=called, domain=QONNX[0])
    shift = writer.numbers(offset, f"{QUANTIZER}_offset")
    centered = writer.node("Sub", name, shift, name=writer.free_name(f"{QUANTIZER}_center"))
    signs = writer.node("BipolarQuant", centered, steps, name=called, domain=QONNX[0])
    return writer.node("Add", signs, shift, name=writer.free_name(f"{QUANTIZER}_back"))


def write_quant(
    writer: TensorWriter, x: str, type_: IntType, scale: str, zero: str, name: str, mode: str = "ROUND"
) -> str:
    """A Quant whose codes are of ``type_``, which must be one that it can have; returns its tensor."""
    found = quant_attributes(type_)
    assert found is not None, type_
    bits, signed, narrow = found
    width = writer.array(np.array(bits, np.float32), f"{name}_bits")
    return writer.node(
        "Quant",
        *(x, scale, zero, width),
        name=name,
        domain=QONNX[0],
        signed=int(signed),
        narrow=int(narrow),
        rounding_mode=mode,
    )


def quant_attributes(type_: IntType) -> tuple[int, bool, bool] | None:
    """Bits, signed and narrow of the Quant that has just these codes; None if there is none."""
    for bits in range(1, 9):
        for signed in (False, True)[: 1 + (bits > 1)]:
            low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            for narrow in (False, True):
                ends = (low + narrow, high) if signed else (low, high - narrow)
                if ends == (type_.lo, type_.hi) and ends[0] < ends[1]:
                    return bits, signed, narrow
    return None
