"""Files that can't be read at all: one clear message each."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import bnngen
from bnngen.base.errors import ModelError, ModelFileError
from bnngen.frontend import import_onnx
from bnngen.frontend.model_file import read_model
from tests.frontend.onnx_file import File


def message(path: Path) -> str:
    with pytest.raises(ModelFileError) as error:
        read_model(path)
    assert error.value.exit_status == 2
    return str(error.value)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    model = File(3)
    path = model.save(tmp_path / "model.onnx", model.node("MatMul", model.bipolar("x"), np.ones((3, 8))))
    return path.read_bytes()


def test_a_whole_file_is_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "whole.onnx"
    path.write_bytes(whole)
    assert [node.op_type for node in read_model(path).graph.node] == ["BipolarQuant", "MatMul"]
    assert len(read_model(str(path)).graph.initializer) == 2


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.onnx"
    assert message(path) == f"can't read the model '{path}': No such file or directory"


def test_a_directory(tmp_path: Path) -> None:
    assert message(tmp_path) == f"can't read the model '{tmp_path}': Is a directory"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "it is empty"),
        (b"this is no network\n", "it holds plain text"),
        (b"<!DOCTYPE html>\n<html></html>\n", "it holds plain text"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "it holds a table of text (CSV), not a network"),
        (b"\x90\x02\xff\xff", "its 4 bytes are truncated or damaged"),
    ],
)
def test_other_files(tmp_path: Path, data: bytes, found: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert message(path) == f"'{path}' is not a whole ONNX file: {found}; export or copy it again"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes it"),
        (b"\x1c\x00\x00\x00TFL3", "a TFLite model, whose numbers are rounded"),
        (b"\x93NUMPY\x01\x00", "an array of numpy"),
        (b"\x80\x02}q\x00.", "a pickled object of Python, as torch.save wrote it"),
        (zipped("archive/data.pkl", "archive/data/0"), "what torch.save or torch.jit.save wrote"),
        (zipped("x.npy", "y.npy"), "a .npz file of numpy's arrays"),
        (zipped("config.json", "model.weights.h5"), "a Keras model"),
        (zipped("readme.txt"), "a zip archive"),
        (b"PK\x03\x04 and no more", "a damaged zip archive"),
    ],
)
def test_files_of_other_kinds_are_called_by_their_name(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert message(path).startswith(f"'{path}' is no ONNX file but {kind}")


def test_a_file_without_a_network(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x08\x08")  # an ONNX model of which only the version is given
    assert message(path) == f"'{path}' holds no network: an ONNX graph has at least one node and one output"


def test_a_file_cut_off_anywhere(tmp_path: Path, whole: bytes) -> None:
    """Never a traceback, and never a network."""
    path = tmp_path / "cut.onnx"
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        try:
            graph = import_onnx(path)
        except (ModelFileError, ModelError):
            continue
        assert [n.name for n in graph.nodes] == ["BipolarQuant0", "MatMul1"], length


def test_a_node_s_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    """Protobuf hands out its bytes."""
    model = File(4)
    signs = model.bipolar("x", name="name_a")
    path = model.save(tmp_path / "m.onnx", model.node("MatMul", signs, np.ones((4, 2)), name="name_b"))
    path.write_bytes(path.read_bytes().replace(b"name_b", b"name\xe1b"))
    assert [node.name for node in read_model(path).graph.node] == ["name_a", "name\\xe1b"]
    assert bnngen.load(path).layers[0].name == "name\\xe1b"
