"""Tensors that lie in a file beside the model."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest

import bnngen
from bnngen.base.errors import ModelFileError
from bnngen.frontend import external_data
from bnngen.frontend.model_file import read_model, read_whole_model
from tests.frontend.onnx_file import File

ENTRIES = {"location": "w.data", "offset": "4", "length": "24"}


def split(
    folder: Path, beside: bytes | None = None, inside_node: bool = False, **entries: str | None
) -> Path:
    """A dense layer whose six weights lie in ``w.data``, behind four other bytes."""
    file = File(3)
    weights = np.array([[1, -1], [1, 1], [-1, 1]], np.float32)
    held = "w" if inside_node else file.const(weights)
    model = file.proto(file.node("MatMul", file.bipolar("x"), held, name="fc"))
    if inside_node:
        constant = onnx.helper.make_node("Constant", [], ["w"], value=onnx.numpy_helper.from_array(weights))
        model.graph.node.insert(0, constant)
        tensor = model.graph.node[0].attribute[0].t
    else:
        tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {**ENTRIES, **entries}.items():
        if value is not None:
            tensor.external_data.add(key=key, value=value)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    if not os.path.lexists(folder / "w.data"):
        (folder / "w.data").write_bytes(b"abcd" + weights.tobytes() if beside is None else beside)
    return folder / "model.onnx"


@pytest.mark.parametrize("inside_node", [False, True])
@pytest.mark.parametrize("length", ["24", None])
def test_they_are_read(tmp_path: Path, inside_node: bool, length: str | None) -> None:
    network = bnngen.load(split(tmp_path, inside_node=inside_node, length=length))
    assert bnngen.golden(network, np.ones((1, 3))).tolist() == [[1, 1]]
    assert network.source is not None
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "one.onnx").write_bytes(network.source.contents)
    again = bnngen.load(alone / "one.onnx")
    assert bnngen.golden(again, np.ones((1, 3))).tolist() == [[1, 1]]
    assert again.source is not None
    assert again.source.contents == network.source.contents


def test_in_a_folder_below(tmp_path: Path) -> None:
    path = split(tmp_path, location="sub/w.data")
    (tmp_path / "sub").mkdir()
    (tmp_path / "w.data").rename(tmp_path / "sub" / "w.data")
    assert len(read_model(path).graph.initializer[0].raw_data) == 24


@pytest.mark.parametrize(
    "location", ["../w.data", "sub/../../w.data", "/etc/hostname", "", ".", "C:w.data", "sub\\w.data", "a\0b"]
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, location: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "w.data").write_bytes(bytes(28))
    with pytest.raises(
        ModelFileError, match=r"^the tensor 'c0' is kept in the file '.*', (which is not below|but)"
    ):
        read_model(split(inner, location=location))


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "w.data").write_bytes(bytes(28))
    os.symlink(tmp_path / "real" / "w.data", tmp_path / "w.data")
    with pytest.raises(ModelFileError, match=r"'w.data', but 'w.data' is a link, and such are not followed"):
        read_model(split(tmp_path))
    os.symlink(tmp_path / "real", tmp_path / "linked")
    with pytest.raises(ModelFileError, match=r"'linked/w.data', but 'linked' is a link, and such are not"):
        read_model(split(tmp_path, location="linked/w.data"))


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.data")
    with pytest.raises(ModelFileError, match=r"but 'w.data' is no plain file"):
        read_model(split(tmp_path))
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelFileError, match=r"but 'folder' is no plain file"):
        read_model(split(tmp_path, location="folder"))


def test_a_missing_file(tmp_path: Path) -> None:
    path = split(tmp_path)
    (tmp_path / "w.data").unlink()
    with pytest.raises(
        ModelFileError,
        match=r"^the tensor 'c0' is kept in the file 'w.data' beside the model, which can't be read \(No such file or "
        r"directory\): keep both files in one folder, or save the model as one file$",
    ):
        read_model(path)


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFileError, match=r"'w.data' from byte 4 on, 24 bytes, but that file has 27: it is cut"
    ):
        read_model(split(tmp_path, bytes(27)))


def test_too_few_numbers(tmp_path: Path) -> None:
    with pytest.raises(
        bnngen.BnngenError, match=r"'fc': reads the tensor 'c0', which does not hold the 6 numbers"
    ):
        bnngen.load(split(tmp_path, length="20"))


@pytest.mark.parametrize(
    ("key", "value"), [("offset", "-4"), ("length", "x"), ("length", "9" * 19), ("offset", "٤")]
)
def test_an_address_that_is_none(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ModelFileError, match=rf"at a {key} of '.*', which is none$"):
        read_model(split(tmp_path, None, False, **{key: value}))


def test_a_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = split(tmp_path, length=None)
    os.truncate(tmp_path / "w.data", 1 << 40)
    with pytest.raises(ModelFileError, match=r"keeps more than 268,435,456 bytes of tensors in other files"):
        read_model(path)
    monkeypatch.setattr(external_data, "MOST_BYTES", 23)
    with pytest.raises(ModelFileError, match=r"keeps more than 23 bytes"):
        read_model(split(tmp_path))


def test_what_torch_exports_by_default(shared: Path) -> None:
    path = shared / "cases" / "import" / "tbdef_mlp_sign.onnx"
    whole = read_whole_model(path)
    wanted = onnx.load(path)  # with what lies beside it, by onnx's own reader
    for found, tensor in zip(whole.model.graph.initializer, wanted.graph.initializer, strict=True):
        np.testing.assert_array_equal(onnx.numpy_helper.to_array(found), onnx.numpy_helper.to_array(tensor))
    assert onnx.ModelProto.FromString(whole.contents) == whole.model
