"""Reads an ONNX file from disk, or says clearly why that is not possible."""

from __future__ import annotations

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from bnngen.errors import ModelFileError


def read_model(path: str | Path) -> onnx.ModelProto:
    """The model in the file ``path``, checked to hold a graph.

    Raises ModelFileError if the file is missing, unreadable, truncated or not ONNX at all.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"can't read the model '{path}': {error.strerror}") from error
    model = _parsed(data)
    if model is None:
        raise ModelFileError(
            f"'{path}' is not a whole ONNX file: {_looks_like(data)}; export or copy it again"
        )
    if not model.graph.node or not model.graph.output:
        raise ModelFileError(f"'{path}' holds no network: an ONNX graph has at least one node and one output")
    return model


def _parsed(data: bytes) -> onnx.ModelProto | None:
    """The model in ``data``, or None if there is none; no bytes at all would pass as an empty model."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return None
    return model if data else None


def _looks_like(data: bytes) -> str:
    if not data:
        return "it is empty"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in data[:512]):
        return "it holds plain text"
    return f"its {len(data)} bytes are truncated or damaged"
