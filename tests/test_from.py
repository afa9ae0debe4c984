"""The pages that lead from other tools' models to a network: their examples run, and mean what the files say."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bnngen.import_check.check import check_import
from tests.test_docs import ROOT, blocks, page


def run_example(name: str) -> dict[str, Any]:
    """The names that the example of a page leaves behind."""
    (example,) = blocks(page(name), "python")
    names: dict[str, Any] = {}
    exec(compile(example, name, "exec"), names)
    return names


def agrees(names: dict[str, Any], x: Any) -> None:
    """The network of an example is its file."""
    found = check_import(names["network"], np.asarray(x, np.float64))
    assert (found.frames > 0, found.differing, found.undecided) == (True, 0, 0)


def test_onnxruntime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    tensors = {
        "w": random.normal(0, 0.4, (4, 1, 3, 3)),
        "b": random.normal(0, 0.1, 4),
        "v": random.normal(0, 0.1, (144, 10)),
        "c": random.normal(0, 0.1, 10),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["conv"], "conv"),
        helper.make_node("Relu", ["conv"], ["relu"], "relu"),
        helper.make_node("Flatten", ["relu"], ["flat"], "flat"),
        helper.make_node("Gemm", ["flat", "v", "c"], ["y"], "fc"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "float",
        [value("x", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [value("y", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    monkeypatch.chdir(tmp_path)
    onnx.save(model, "float.onnx")
    names = run_example("docs/from/onnxruntime.md")
    agrees(names, names["x"])


def test_qkeras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples" / "qkeras", tmp_path / "examples" / "qkeras")
    monkeypatch.chdir(tmp_path)
    names = run_example("docs/from/qkeras.md")
    agrees(names, names["x"])


def test_the_stored_file_is_what_its_script_writes() -> None:
    folder = ROOT / "examples" / "qkeras"
    written = runpy.run_path(str(folder / "make_dense.py"))["network"]()
    assert onnx.load_from_string((folder / "dense.onnx").read_bytes()) == written
