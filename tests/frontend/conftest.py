"""Small ONNX files made in the test, and an independent evaluation of them by onnx's reference evaluator."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import bnngen
from bnngen.base.errors import FitError, ModelError
from bnngen.frontend import import_onnx
from bnngen.ops.dense import Dense
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from bnngen.toolflow.simulation import random_frames, simulate_frames

DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")
QONNX = DOMAINS[1]
FAILURES = Path(os.environ.get("BNNGEN_FAILURES") or Path(__file__).with_name("failures"))
"""Where the smallest file goes with which a test of random files fails."""


class File:
    """An ONNX model in the making; ``x`` is its input, of shape (N, *shape)."""

    def __init__(self, *shape: int, opset: int = 13, directory: Path) -> None:
        self.shape, self.opset, self.directory = shape, opset, directory
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, np.ndarray] = {}

    def const(self, values: Any) -> str:
        """An initializer; numbers of Python are doubles, so that the reference doesn't round them."""
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(values)
        return name

    def node(
        self, op: str, *inputs: Any, name: str | None = None, outputs: int = 1, **attributes: Any
    ) -> str:
        """A node; inputs that aren't names of tensors become initializers. Returns its last output."""
        index = len(self.nodes)
        tensors = [i if isinstance(i, str) else self.const(i) for i in inputs]
        made = [f"t{index}_{k}" for k in range(outputs)]
        name = f"{op}{index}" if name is None else name
        attributes.setdefault("domain", QONNX if op in ("Quant", "BipolarQuant", "MultiThreshold") else "")
        self.nodes.append(helper.make_node(op, tensors, made, name=name, **attributes))
        return made[-1]

    def bipolar(self, x: Any, scale: Any = 1.0, **attributes: Any) -> str:
        return self.node("BipolarQuant", x, scale, **attributes)

    def quant(self, x: Any, scale: Any, bits: Any = 4.0, zero: Any = 0.0, **attributes: Any) -> str:
        return self.node("Quant", x, scale, zero, bits, **attributes)

    def proto(self, *outputs: str) -> onnx.ModelProto:
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "network",
            [value("x", TensorProto.FLOAT, ["N", *self.shape])],
            [value(o, TensorProto.FLOAT, None) for o in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        imports = [helper.make_opsetid("", self.opset), *(helper.make_opsetid(d, 1) for d in DOMAINS)]
        return helper.make_model(graph, opset_imports=imports)

    def save(self, *outputs: str, change: Callable[[onnx.ModelProto], None] | None = None) -> Path:
        model = self.proto(*outputs)
        if change:
            change(model)
        path = self.directory / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return path


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., File]:
    """``file(*shape, opset=13)``: an empty model whose input has this shape."""

    def make(*shape: int, opset: int = 13) -> File:
        return File(*shape, opset=opset, directory=tmp_path)

    return make


def _agrees(
    custom_ops: list, model: File, output: str, x: Any = None, change: Callable | None = None
) -> Network:
    return _file_agrees(custom_ops, model.save(output, change=change), model.shape, x)


def _file_agrees(custom_ops: list, path: Path, shape: Sequence[int], x: Any = None) -> Network:
    if x is None:
        x = np.random.default_rng(0).integers(-8, 9, (40, *shape)) / 4
    x = np.asarray(x, dtype=np.float64)
    (expected,) = ReferenceEvaluator(str(path), new_ops=custom_ops).run(None, {"x": x})
    network = lower(import_onnx(path))
    y = network.run(quantize(x, network))
    real = y if network.class_index else network.host.real_outputs(y).reshape(len(x), -1)
    np.testing.assert_allclose(real, expected.reshape(len(x), -1), rtol=1e-13, atol=1e-13)
    return network


@pytest.fixture(scope="session")
def agrees(custom_ops: list) -> Callable[..., Network]:
    """Checks that the lowered file computes what the reference evaluator does; returns its network.

    The tolerance is that of the doubles behind the last integer; one wrong integer is far beyond it.
    """
    return partial(_agrees, custom_ops)


@pytest.fixture(scope="session")
def file_agrees(custom_ops: list) -> Callable[[Path], Network]:
    """The same for a file that is there."""

    def check(path: Path) -> Network:
        (source,) = onnx.load(path).graph.input
        shape = [axis.dim_value for axis in source.type.tensor_type.shape.dim[1:]]
        return _file_agrees(custom_ops, path, shape)

    return check


def _verilog_agrees(network: Network, fps: float | None) -> None:
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


@pytest.fixture(scope="session")
def verilog_agrees() -> Callable[[Network, float | None], None]:
    """Checks a network's Verilog, with and without stalls, against the golden model and the prediction."""
    return _verilog_agrees


@pytest.fixture
def keeps_failures(tmp_path: Path) -> Path:
    """The file that a test of random files wrote last: if the test fails, it is the smallest that does."""
    return tmp_path / "model.onnx"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keeps that file, and says where. Hypothesis ends with the smallest example that it has found."""
    report = yield
    last: Path | None = getattr(item, "funcargs", {}).get("keeps_failures")
    if report.when == "call" and report.failed and last is not None and last.exists():
        contents = last.read_bytes()
        kept = FAILURES / f"{hashlib.sha256(contents).hexdigest()[:12]}.onnx"
        FAILURES.mkdir(exist_ok=True)
        kept.write_bytes(contents)
        report.sections.append(("smallest failing file", f"{kept}\nkeep it: test_failures.py replays it"))
    return report


@pytest.fixture(scope="session")
def weights_of() -> Callable[[Path], list[list[list[int]]]]:
    """The integer weights of every dense layer of a file, as they are when it is lowered."""

    def weights(path: Path) -> list[list[list[int]]]:
        layers = lower(import_onnx(path)).layers
        return [layer.op.weights.tolist() for layer in layers if isinstance(layer.op, Dense)]

    return weights


@pytest.fixture(scope="session")
def refuses() -> Callable[..., None]:
    """Checks the whole message with which a file is refused, at import or when it is lowered."""

    def check(model: File, output: str | Sequence[str], message: str, change: Callable | None = None) -> None:
        outputs = [output] if isinstance(output, str) else output
        path = model.save(*outputs, change=change)
        with pytest.raises(ModelError) as error:
            lower(import_onnx(path))
        assert str(error.value) == message

    return check


def _signs(rows: int, columns: int) -> np.ndarray:
    """Bipolar weights (rows, columns), always the same."""
    return np.where(np.random.default_rng(rows * 100 + columns).random((rows, columns)) < 0.5, -1.0, 1.0)


@pytest.fixture(scope="session")
def signs() -> Callable[[int, int], np.ndarray]:
    return _signs
