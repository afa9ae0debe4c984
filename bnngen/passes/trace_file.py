"""The trace of a layer of a model file, with what the file says of each operator on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from bnngen.base.text import shown
from bnngen.frontend.importer import Importer
from bnngen.frontend.model_file import read_model
from bnngen.frontend.schema import STANDARD
from bnngen.frontend.values import Activation
from bnngen.numbers.exact import Exact
from bnngen.passes.from_file import read_with
from bnngen.passes.lower import lower
from bnngen.passes.trace import Trace, trace

_INPUTS = {
    "Quant": ("x", "scale", "zero point", "bits"),
    "IntQuant": ("x", "scale", "zero point", "bits"),
    "BipolarQuant": ("x", "scale"),
    "Trunc": ("x", "scale", "zero point", "bits in", "bits out"),
}
"""What the inputs of operators are called that ONNX does not define."""
_SILENT = {"momentum", "training_mode", "spatial"}
"""Attributes that say nothing of what is computed."""


@dataclass(frozen=True)
class FileOperator:
    """A node of the file: its name, and its operator with attributes and the inputs that are one number."""

    name: str
    text: str


def trace_file(
    path: str | Path, layer: str, channels: Sequence[int] | None = None
) -> tuple[Trace, Mapping[str, FileOperator]]:
    """The trace (see `bnngen.passes.trace`) of a layer of the file; and for each node of its graph, by name,
    the node of the file that it comes from.

    Raises ModelFileError and ModelError if the file can't be used, UsageError as `trace`.
    """
    model = read_with(read_model(path)).model
    importer = Importer(model)
    graph = importer.run()
    nodes = {node.name or f"{node.op_type}_{number}": node for number, node in enumerate(model.graph.node)}
    found = trace(graph, lower(graph), layer, channels)
    names = [found.start.name, *(node.name for node in found.channels[0].chain.nodes)]
    return found, {name: _operator(name, nodes, importer) for name in names}


def _operator(name: str, nodes: Mapping[str, onnx.NodeProto], importer: Importer) -> FileOperator:
    """The node of the longest name with which ``name`` begins."""
    own = max((known for known in nodes if name.startswith(known)), key=len, default="")
    if not own:
        return FileOperator(name, "")
    node = nodes[own]
    said = [*_attributes(node), *_constants(node, importer)]
    return FileOperator(own, shown(f"{node.op_type}({', '.join(said)})" if said else node.op_type))


def _attributes(node: onnx.NodeProto) -> list[str]:
    texts = []
    for attribute in node.attribute:
        if attribute.name in _SILENT:
            continue
        value: Any = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if isinstance(value, int | float | str) or (isinstance(value, list) and len(value) <= 4):
            texts.append(
                f"{attribute.name}={value:g}" if isinstance(value, float) else f"{attribute.name}={value}"
            )
    return texts


def _constants(node: onnx.NodeProto, importer: Importer) -> list[str]:
    texts = []
    for place, tensor in enumerate(node.input):
        value = importer.values.get(tensor)
        if value is None or isinstance(value, Activation) or _size(value.shape) != 1:
            continue
        number = value.exact().reshape(-1)[0]
        texts.append(f"{_input(node, place)}={float(Exact.of(number)):g}")
    return texts


def _size(shape: Sequence[int]) -> int:
    return 1 if all(length == 1 for length in shape) else 2


def _input(node: onnx.NodeProto, place: int) -> str:
    """What an input is called."""
    names: Sequence[str] = _INPUTS.get(node.op_type, ())
    if node.domain in STANDARD and onnx.defs.has(node.op_type):
        names = [entry.name for entry in onnx.defs.get_schema(node.op_type).inputs]
    return names[place] if place < len(names) else f"input {place}"
