"""Files with which the tests of random files failed once; and how they come to be kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from support.onnx_files import file_agrees, verilog_agrees

from bnngen.ops.conv2d import Conv2d

HERE = Path(__file__).parent
FILES = sorted((HERE / "failures").glob("*.onnx"))
BUG = """
import sys, pytest
from bnngen.ops.conv2d import Conv2d

right = Conv2d.compute
Conv2d.compute = lambda self, *x: right(self, *x)[..., ::-1]
sys.exit(pytest.main(sys.argv[1:]))
"""
"""The tests, with convolutions that mix up their channels."""
MOST_NODES = 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_is_what_the_file_says(path: Path) -> None:
    file_agrees(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verilog_is_golden(path: Path) -> None:
    network = file_agrees(path)
    for fps in (None, 1_000_000):
        verilog_agrees(network, fps)


@pytest.mark.slow
def test_the_smallest_failing_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bug.py").write_text(BUG)
    test = f"{HERE / 'test_random_files.py'}::test_golden_is_what_the_file_says"
    command = [sys.executable, "bug.py", test, "-q", "-p", "no:cacheprovider", f"--rootdir={HERE.parents[1]}"]
    environment = {**os.environ, "BNNGEN_FAILURES": str(tmp_path / "failures")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    (kept,) = (tmp_path / "failures").iterdir()
    assert str(kept) in done.stdout
    nodes = onnx.load(kept).graph.node
    assert "Conv" in {node.op_type for node in nodes}
    assert len(nodes) <= MOST_NODES
    file_agrees(kept)  # without the bug it is like any other
    right = Conv2d.compute
    monkeypatch.setattr(Conv2d, "compute", lambda self, x: right(self, x)[..., ::-1])
    with pytest.raises(AssertionError, match="Mismatched elements"):
        file_agrees(kept)
