"""What was read of a file for each layer: its weights in words, and the operators that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from bnngen.base.errors import BnngenError
from bnngen.frontend.chosen import node_name
from bnngen.frontend.values import Activation, Constant, QuantizedConstant, Value
from bnngen.numbers.datatypes import IntType
from bnngen.passes.from_file import ReadModel
from bnngen.reference.network import Network
from bnngen.reports.results import ConvertedLayer

_PLAIN = {"Constant", "Identity", "Transpose", "Reshape", "Cast", "Unsqueeze", "Squeeze", "Flatten"}
"""Operators that say nothing of where numbers come from."""
MOST_OPERATORS = 4


def layers_read(read: ReadModel, network: Network) -> list[ConvertedLayer]:
    """A line for each layer of ``network``, which was made of ``read``."""
    nodes = {node_name(node, index): node for index, node in enumerate(read.model.graph.node)}
    makers = {output: node for node in read.model.graph.node for output in node.output if output}
    values = read.importer.values
    rows = []
    for layer, shape in zip(network.layers, network.shapes, strict=True):
        node = nodes.get(layer.name)
        name = None if node is None or layer.op.weight_type is None else _weights_of(node, values)
        rows.append(
            ConvertedLayer(
                name=layer.name,
                read=layer.op.kind if node is None else node.op_type,
                weights="" if name is None else _in_words(values[name]),
                source="" if name is None else "/".join(_operators(name, makers)),
                output_shape=list(shape),
                output_type=str(layer.op.output_type),
            )
        )
    return rows


def _weights_of(node: onnx.NodeProto, values: Mapping[str, Value]) -> str | None:
    """The largest constant that a node reads."""
    known = [name for name in node.input if isinstance(values.get(name), Constant | QuantizedConstant)]
    return max(known, key=lambda name: int(np.prod(values[name].shape)), default=None)


def _operators(name: str, makers: Mapping[str, onnx.NodeProto]) -> list[str]:
    """The operators that make a constant, the last one first."""
    found, wanted, seen = dict[str, None](), [name], set[str]()
    while wanted and len(found) < MOST_OPERATORS:
        name = wanted.pop(0)
        if name in seen or name not in makers:
            continue
        seen.add(name)
        node = makers[name]
        if node.op_type not in _PLAIN:
            found[node.op_type] = None
        wanted += node.input
    return list(found)


def _in_words(value: Value) -> str:
    """The numbers of a constant: what a reader of its layer wants to know."""
    assert not isinstance(value, Activation)
    if isinstance(value, QuantizedConstant) and not any(value.offset.flat):
        scale = _scale(value.scale.astype(np.float64))
        type_ = IntType.of_values(value.ints)
        if np.abs(value.ints).max(initial=0) <= 1:
            signs = "±" if type_.bipolar else "0 and ±" if type_.lo < 0 else "0 and "
            return signs + scale
        return str(type_) if scale == "1" else f"{type_} times {scale}"
    try:
        array = np.asarray(value.array if isinstance(value, Constant) else value.exact(), np.float64)
    except (BnngenError, ValueError, OverflowError):
        return "numbers"
    return _numbers(array)


def _numbers(array: NDArray[Any]) -> str:
    """Of weights as they are: alike up to their signs, whole numbers, or alike row by row."""
    size = np.abs(array)
    zeros = "0 and " if (size == 0).any() else ""
    rows = [np.moveaxis(size, axis, 0).reshape(size.shape[axis], -1) for axis in (0, -1) if array.ndim]
    if _alike(size.reshape(1, -1)):
        return f"{zeros}±{_scale(size.max(keepdims=True))}"
    if (array == np.rint(array)).all():
        return str(IntType.of_values(array.astype(np.int64)))
    for part in rows:
        if part.shape[1] > 1 and _alike(part):
            return f"{zeros}±{_scale(part.max(axis=1))}"
    return f"from {array.min():.4g} to {array.max():.4g}"


def _alike(rows: NDArray[Any]) -> bool:
    """Whether each row holds one number, and perhaps zeros."""
    return bool(((rows == rows.max(axis=1, keepdims=True, initial=0)) | (rows == 0)).all())


def _scale(values: NDArray[np.float64]) -> str:
    least, most = np.abs(values).min(), np.abs(values).max()
    return f"{most:.4g}" if least == most else f"{least:.4g} to {most:.4g} a row"
