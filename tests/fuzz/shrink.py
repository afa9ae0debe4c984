"""Simpler files: what a failing one is replaced by as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import numpy_helper

MOST_ATTEMPTS = 400


def shrunk(
    contents: bytes, smaller: Callable[[bytes], Iterator[bytes]], fails: Callable[[bytes], bool]
) -> bytes:
    """The simplest file found that still ``fails``: what ``smaller`` proposes is taken until nothing helps."""
    attempts = 0
    while True:
        for proposal in smaller(contents):
            attempts += 1
            if attempts > MOST_ATTEMPTS:
                return contents
            if proposal != contents and fails(proposal):
                contents = proposal
                break
        else:
            return contents


def smaller_models(contents: bytes) -> Iterator[bytes]:
    """Files with one thing less: the end of the graph, a node, an attribute, an unused tensor, a name."""
    try:
        model = onnx.ModelProto.FromString(contents)
    except Exception:
        yield from smaller_bytes(contents)
        return
    for change in (_tidied, _cut_off, _without_node, _without_attribute, _without_parts, _simple_tensors):
        for changed in change(model):
            proposal = changed.SerializeToString(deterministic=True)
            if len(proposal) < len(contents) or change is _simple_tensors:
                yield proposal


def smaller_bytes(contents: bytes) -> Iterator[bytes]:
    """The file without a part of it."""
    size = len(contents) // 2
    while size:
        for start in range(0, len(contents), size):
            yield contents[:start] + contents[start + size :]
        size //= 2


def smaller_text(contents: bytes) -> Iterator[bytes]:
    """The file without some of its lines."""
    lines = contents.splitlines(keepends=True)
    count = len(lines) // 2
    while count:
        for start in range(0, len(lines), count):
            yield b"".join([*lines[:start], *lines[start + count :]])
        count //= 2


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _tidied(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """Without what nobody reads."""
    copy = _copy(model)
    read = {i for n in copy.graph.node for i in n.input} | {o.name for o in copy.graph.output}
    for tensor in [t for t in copy.graph.initializer if t.name not in read]:
        copy.graph.initializer.remove(tensor)
    for node in [n for n in copy.graph.node if n.output and not read.intersection(n.output)]:
        copy.graph.node.remove(node)
    for name in ("doc_string", "producer_name", "producer_version", "metadata_props", "training_info"):
        copy.ClearField(name)
    for name in ("value_info", "doc_string", "quantization_annotation"):
        copy.graph.ClearField(name)
    used = {n.domain for n in copy.graph.node} | {f.domain for f in copy.functions}
    for item in [o for o in copy.opset_import if o.domain not in used]:
        copy.opset_import.remove(item)
    yield copy


def _cut_off(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """An earlier tensor as the output."""
    for number, node in enumerate(model.graph.node[:-1]):
        if len(model.graph.output) == 1 and node.output:
            copy = _copy(model)
            copy.graph.output[0].name = node.output[-1]
            del copy.graph.node[number + 1 :]
            yield from _tidied(copy)


def _without_node(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """A node less: its readers read its first input."""
    for number, node in enumerate(model.graph.node):
        if not node.input or not node.output:
            continue
        copy = _copy(model)
        del copy.graph.node[number]
        for reader in copy.graph.node:
            for index, name in enumerate(reader.input):
                if name == node.output[0]:
                    reader.input[index] = node.input[0]
        for output in copy.graph.output:
            if output.name == node.output[0]:
                output.name = node.input[0]
        yield from _tidied(copy)


def _without_attribute(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    for number, node in enumerate(model.graph.node):
        for index in range(len(node.attribute)):
            copy = _copy(model)
            del copy.graph.node[number].attribute[index]
            yield copy


def _without_parts(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    for field in ("functions", "opset_import"):
        for index in range(len(getattr(model, field))):
            copy = _copy(model)
            del getattr(copy, field)[index]
            yield copy


def _simple_tensors(model: onnx.ModelProto) -> Iterator[onnx.ModelProto]:
    """Ones, or rounded numbers, in place of those of a tensor."""
    for number, tensor in enumerate(model.graph.initializer):
        try:
            array = numpy_helper.to_array(tensor)
        except Exception:
            continue
        if array.dtype.kind != "f" or array.size < 2 or not np.isfinite(array).all():
            continue
        for simple in (np.ones_like(array), np.rint(array)):
            if not np.array_equal(simple, array):
                copy = _copy(model)
                copy.graph.initializer[number].CopyFrom(numpy_helper.from_array(simple, tensor.name))
                yield copy
