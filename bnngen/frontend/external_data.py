"""Tensors that a model keeps in files beside it: read into the model, from its own folder only.

A model from elsewhere may name any file. So nothing is followed: no ``..``, no absolute path, no link, and
nothing but plain files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import onnx
from onnx import AttributeProto, TensorProto

from bnngen.base.errors import ModelFileError

MOST_BYTES = 1 << 28
"""Of all tensors together that are kept beside a model."""
MOST_NESTED = 16
"""How deep graphs may stand in attributes of nodes."""


def is_external(tensor: TensorProto) -> bool:
    """Whether the tensor's numbers are kept elsewhere."""
    return tensor.data_location == TensorProto.EXTERNAL or bool(tensor.external_data)


def internalize(model: onnx.ModelProto, folder: Path) -> tuple[Path, ...]:
    """Reads into ``model``, in place, what its tensors keep in files of ``folder``; returns these files.

    Raises ModelFileError if a file is missing, too short, or outside the folder, or all are too large.
    """
    tensors = [tensor for tensor in _tensors(model) if is_external(tensor)]
    left, files = MOST_BYTES, dict[Path, None]()
    for tensor in tensors:
        left -= _read(tensor, folder, left, files)
    return tuple(files)


def _tensors(model: onnx.ModelProto) -> Iterator[TensorProto]:
    yield from _of_graph(model.graph, 0)
    for function in model.functions:
        for node in function.node:
            yield from _of_node(node, 0)


def _of_graph(graph: onnx.GraphProto, depth: int) -> Iterator[TensorProto]:
    if depth > MOST_NESTED:
        raise ModelFileError(f"the model has graphs in graphs, more than {MOST_NESTED} deep")
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _of_node(node, depth)


def _of_node(node: onnx.NodeProto, depth: int) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        if attribute.type == AttributeProto.TENSOR:
            yield attribute.t
        yield from attribute.tensors
        for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            yield from _of_graph(graph, depth + 1)


def _read(tensor: TensorProto, folder: Path, most: int, files: dict[Path, None]) -> int:
    """Puts a tensor's bytes in place of their address; returns how many they are."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    path = _inside(tensor.name, folder, entries.get("location", ""))
    offset, length = (_number(tensor.name, entries, key) for key in ("offset", "length"))
    data = _part(tensor.name, path, offset or 0, length, most)
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")
    tensor.raw_data = data
    files[path] = None
    return len(data)


def _number(name: str, entries: dict[str, str], key: str) -> int | None:
    text = entries.get(key)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ModelFileError(
            f"the tensor '{name}' is kept in another file, at a {key} of '{text}', which is none"
        )
    return int(text)


def _inside(name: str, folder: Path, location: str) -> Path:
    """The plain file of ``folder``, or of a folder in it, that ``location`` names."""
    parts = PurePosixPath(location).parts
    bad = not parts or location.startswith("/") or ".." in parts or any(c in location for c in "\\:\0")
    if bad:
        raise ModelFileError(
            f"the tensor '{name}' is kept in the file '{location}', which is not below the model's folder: "
            "only files there are read; save the model as one file"
        )
    path = folder
    for part in parts:
        path = path / part
        try:
            mode = os.lstat(path).st_mode
        except OSError as error:
            raise ModelFileError(
                f"the tensor '{name}' is kept in the file '{location}' beside the model, which can't be read "
                f"({error.strerror}): keep both files in one folder, or save the model as one file"
            ) from None
        if not (stat.S_ISREG(mode) if path == folder.joinpath(*parts) else stat.S_ISDIR(mode)):
            what = "a link" if stat.S_ISLNK(mode) else "no plain file"
            raise ModelFileError(
                f"the tensor '{name}' is kept in the file '{location}', but '{part}' is {what}, and such "
                "are not followed: copy the file itself there"
            )
    return path


def _part(name: str, path: Path, offset: int, length: int | None, most: int) -> bytes:
    """``length`` bytes of a plain file from ``offset`` on, or all behind it."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            size = os.fstat(handle).st_size
            length = max(0, size - offset) if length is None else length
            if offset + length > size:
                raise ModelFileError(
                    f"the tensor '{name}' is kept in '{path.name}' from byte {offset:,} on, {length:,} "
                    f"bytes, but that file has {size:,}: it is cut off, or belongs to another model; export "
                    "or copy both again"
                )
            if length > most:
                raise ModelFileError(
                    f"the model keeps more than {MOST_BYTES:,} bytes of tensors in other files; that is "
                    "more than any board holds"
                )
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        raise ModelFileError(
            f"can't read '{path}', which holds the tensor '{name}': {error.strerror}"
        ) from None
