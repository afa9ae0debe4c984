"""Reads an ONNX file from disk, or says clearly why that is not possible."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import onnx
from google.protobuf.message import DecodeError

from bnngen.base.errors import ModelFileError
from bnngen.frontend.external_data import internalize

_EXPORT = "export the network as QONNX (brevitas.export.export_qonnx) or ONNX (torch.onnx.export)"
_KINDS = (
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes it; export the network as ONNX (tf2onnx)"),
    (4, b"TFL3", "a TFLite model, whose numbers are rounded; export the network it was made of as ONNX"),
    (0, b"\x93NUMPY", f"an array of numpy; {_EXPORT}"),
    (0, b"\x80\x02", f"a pickled object of Python, as torch.save wrote it; {_EXPORT}"),
    (0, b"ORTM", "a model of ONNX Runtime's own format; give the ONNX file that it was made of"),
    (4, b"ORTM", "a model of ONNX Runtime's own format; give the ONNX file that it was made of"),
    (0, b"%PDF", f"a PDF; {_EXPORT}"),
    (0, b"\x1f\x8b", "compressed by gzip; unpack it first"),
)
"""What files of other kinds begin with, from which byte on, and what to do."""


class WholeModel(NamedTuple):
    """A model, the bytes of a file that holds all of it, and the files beside its own that it was read "
    "from."""

    model: onnx.ModelProto
    contents: bytes
    beside: tuple[Path, ...] = ()


def read_model(path: str | Path) -> onnx.ModelProto:
    """The model in the file ``path``, checked to hold a graph, with what it keeps in files beside it.

    Raises ModelFileError if a file is missing, unreadable, truncated or not ONNX at all.
    """
    return read_whole_model(path).model


def read_whole_model(path: str | Path) -> WholeModel:
    """The same, and its bytes: those of the file, where nothing lies beside it. Raises as `read_model`."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"can't read the model '{path}': {error.strerror}") from error
    model = parse_model(data, str(path))
    beside = internalize(model, path.parent)
    if beside:
        data = model.SerializeToString(deterministic=True)
    return WholeModel(model, data, beside)


def parse_model(data: bytes, name: str) -> onnx.ModelProto:
    """The model in the bytes of the file ``name``. Raises as `read_model`."""
    model = _parsed(data)
    if (kind := _kind(data)) is not None:
        raise ModelFileError(f"'{name}' is no ONNX file but {kind}")
    if model is None:
        raise ModelFileError(
            f"'{name}' is not a whole ONNX file: {_looks_like(data)}; export or copy it again"
        )
    if not model.graph.node or not model.graph.output:
        raise ModelFileError(f"'{name}' holds no network: an ONNX graph has at least one node and one output")
    _name_in_text(model)
    return model


def _name_in_text(model: onnx.ModelProto) -> None:
    """A node's name is for people alone: one that is not UTF-8, which protobuf gives as bytes, is escaped."""
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            if isinstance(node.name, bytes):
                node.name = node.name.decode("utf-8", "backslashreplace")


def _parsed(data: bytes) -> onnx.ModelProto | None:
    """The model in ``data``, or None if there is none; no bytes at all would pass as an empty model."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return None
    return model if data else None


def _kind(data: bytes) -> str | None:
    """What else a file is, if that can be told."""
    if data.startswith(b"PK\x03\x04"):
        return _kind_of_zip(data)
    found = (kind for start, magic, kind in _KINDS if data[start : start + len(magic)] == magic)
    return next(found, None)


def _kind_of_zip(data: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "a damaged zip archive"
    if any(name.endswith("data.pkl") for name in names):
        return f"what torch.save or torch.jit.save wrote; {_EXPORT}"
    if names and all(name.endswith(".npy") for name in names):
        return f"a .npz file of numpy's arrays; {_EXPORT}"
    if "model.weights.h5" in names:
        return "a Keras model; export the network as ONNX (tf2onnx)"
    return "a zip archive; unpack it first"


def _looks_like(data: bytes) -> str:
    if not data:
        return "it is empty"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in data[:512]):
        rows = data[:512].decode().splitlines()
        table = len(rows) > 2 and rows[0].count(",") == rows[1].count(",") > 0
        return "it holds a table of text (CSV), not a network" if table else "it holds plain text"
    return f"its {len(data)} bytes are truncated or damaged"
