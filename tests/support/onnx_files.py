"""Checks of small ONNX files, with an independent evaluation of them by onnx's reference evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import bnngen
from bnngen.base.errors import FitError, ModelError
from bnngen.frontend import import_onnx
from bnngen.import_check.operators import operators
from bnngen.ops.dense import Dense
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from bnngen.toolflow.simulation import random_frames, simulate_frames
from tests.frontend.onnx_file import Change, File


@cache
def custom_ops() -> list[type[OpRun]]:
    """The operators of QONNX and FINN for onnx's reference evaluator, and its own where it is wrong."""
    return operators(lambda tensor, on_edge: None)


def agrees(
    model: File, output: str, x: Any = None, change: Change | None = None, path: Path | None = None
) -> Network:
    """Checks that the lowered file computes what the reference evaluator does; returns its network.

    The tolerance is that of the doubles behind the last integer; one wrong integer is far beyond it. The file is
    kept at ``path``, if one is given.
    """
    with TemporaryDirectory() as folder:
        saved = model.save(path or Path(folder) / "model.onnx", output, change=change)
        return _agrees(saved, model.shape, x)


def file_agrees(path: Path) -> Network:
    """The same for a file that is there."""
    (source,) = onnx.load(path).graph.input
    return _agrees(path, [axis.dim_value for axis in source.type.tensor_type.shape.dim[1:]])


def _agrees(path: Path, shape: Sequence[int], x: Any = None) -> Network:
    if x is None:
        x = np.random.default_rng(0).integers(-8, 9, (40, *shape)) / 4
    x = np.asarray(x, dtype=np.float64)
    (expected,) = ReferenceEvaluator(str(path), new_ops=custom_ops()).run(None, {"x": x})
    network = lower(import_onnx(path))
    y = network.run(quantize(x, network))
    real = y if network.class_index else network.host.real_outputs(y).reshape(len(x), -1)
    np.testing.assert_allclose(real, expected.reshape(len(x), -1), rtol=1e-13, atol=1e-13)
    return network


def verilog_agrees(network: Network, fps: float | None) -> None:
    """Checks a network's Verilog, with and without stalls, against the golden model and the prediction."""
    try:
        design = bnngen.compile(network, board="ulx3s_85f", fps=fps)
    except FitError:
        design = bnngen.compile(network, board="ulx3s_85f")
    frames = random_frames(design.schedule.network, 12)
    golden = network.run(frames.codes)
    with TemporaryDirectory() as folder:
        design.write_verilog(folder)
        free, stalled = (simulate_frames(Path(folder), frames, stall=s, seed=1) for s in (0.0, 0.4))
    assert np.array_equal(free.outputs, golden)
    assert np.array_equal(stalled.outputs, golden)
    assert (free.cycles_per_frame, free.latency_cycles) == (design.cycles_per_frame, design.latency_cycles)


def weights_of(path: Path) -> list[list[list[int]]]:
    """The integer weights of every dense layer of a file, as they are when it is lowered."""
    layers = lower(import_onnx(path)).layers
    return [layer.op.weights.tolist() for layer in layers if isinstance(layer.op, Dense)]


def refuses(model: File, output: str | Sequence[str], message: str, change: Change | None = None) -> None:
    """Checks the whole message with which a file is refused, at import or when it is lowered; what is often
    tried has a remedy behind that, which `test_remedies.py` checks."""
    outputs = [output] if isinstance(output, str) else output
    with TemporaryDirectory() as folder:
        path = model.save(Path(folder) / "model.onnx", *outputs, change=change)
        with pytest.raises(ModelError) as error:
            lower(import_onnx(path))
    found = str(error.value)
    assert found == message or (error.value.remedy and found.startswith(f"{message}: "))


def signs(*shape: int) -> np.ndarray:
    """Bipolar weights, always the same."""
    return np.where(np.random.default_rng(sum(shape)).random(shape) < 0.5, -1.0, 1.0)
