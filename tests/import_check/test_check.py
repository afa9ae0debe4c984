"""The check of an import: it finds what was read wrongly, and where, and knows what it can't decide."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import bnngen
from bnngen.frontend import onnx_node
from bnngen.frontend.nodes import linear
from bnngen.import_check.check import ImportCheck, ImportMismatchError, check_import
from bnngen.import_check.evaluator import EvaluationError
from bnngen.numbers.rounding import QONNX_MODES

QONNX = "qonnx.custom_op.general"


def saved(path: Path, nodes: list[Any], constants: dict[str, Any], shape: tuple[Any, ...] = ("N", 4)) -> Path:
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in constants.items()],
    )
    imports = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
    path.write_bytes(helper.make_model(graph, opset_imports=imports).SerializeToString())
    return path


@pytest.fixture
def two_layers(tmp_path: Path) -> Path:
    """Quant -> Gemm with a bias -> Quant -> MatMul, all numbers exact in float32."""
    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("Quant", ["x", "s", "z", "b"], ["q"], name="in", domain=QONNX),
        helper.make_node("Gemm", ["q", "w1", "c"], ["h"], name="fc1"),
        helper.make_node("Quant", ["h", "two", "z", "b"], ["a"], name="act", domain=QONNX),
        helper.make_node("MatMul", ["a", "w2"], ["y"], name="fc2"),
    ]
    constants = {
        "s": 0.25,
        "two": 2.0,
        "z": 0.0,
        "b": 3.0,
        "w1": random.choice([-1.0, 1.0], (4, 5)),
        "c": random.integers(-4, 5, 5) / 4,
        "w2": random.choice([-1.0, 1.0], (5, 3)),
    }
    return saved(tmp_path / "two_layers.onnx", nodes, constants)


FRAMES = np.random.default_rng(1).integers(-8, 9, (200, 4)) / 4


def test_a_right_import_shows_no_difference(two_layers: Path) -> None:
    found = check_import(bnngen.load(two_layers), FRAMES)
    assert found == ImportCheck(200)
    assert str(found) == "200 frames evaluated from the file itself in double precision: no difference"
    found.require()


def test_a_wrong_bias_is_found_where_it_is(two_layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = onnx_node.channel_parameters
    monkeypatch.setattr(linear, "channel_parameters", lambda *a: right(*a)[::-1])
    found = check_import(bnngen.load(two_layers), FRAMES)
    assert found.differing > 100
    assert found.layer == "act"
    with pytest.raises(
        ImportMismatchError, match=r"^layer 'act': the file, evaluated by itself, gives other"
    ):
        found.require()


def test_a_wrong_rounding_mode_shows_on_ties_alone(two_layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties of exact numbers are decided in double precision too: they are no excuse."""
    monkeypatch.setitem(QONNX_MODES, "ROUND", "half_up")
    found = check_import(bnngen.load(two_layers), FRAMES)
    assert 0 < found.differing < 200
    assert found.undecided == 0


def test_wrong_outputs_are_found_behind_the_last_quantizer(
    two_layers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = bnngen.load(two_layers)
    host = replace(network.host, mul=network.host.mul * 2)
    found = check_import(replace(network, host=host), FRAMES)
    assert found.layer == "fc2"


def test_what_double_precision_can_not_decide_is_counted(tmp_path: Path) -> None:
    """A threshold between an exact product and what doubles make of it."""
    factors = [float(np.float32(0.1 + k / 64)) for k in range(30)]
    exact, rounded = Fraction(4), 4.0
    for factor in factors:
        exact, rounded = exact * Fraction(factor), rounded * factor
    toward = np.inf if exact > rounded else -np.inf
    edge = np.nextafter(rounded, toward)
    assert (Fraction(float(edge)) < exact) == (exact > rounded), "choose other factors"
    nodes = [
        helper.make_node("BipolarQuant", ["x", "one"], ["q"], name="in", domain=QONNX),
        helper.make_node("MatMul", ["q", "w"], ["h0"], name="fc1"),
        *(helper.make_node("Mul", [f"h{k}", f"f{k}"], [f"h{k + 1}"]) for k in range(30)),
        helper.make_node("Sub", ["h30", "edge"], ["d"]),
        helper.make_node("BipolarQuant", ["d", "one"], ["a"], name="act", domain=QONNX),
        helper.make_node("MatMul", ["a", "w2"], ["y"], name="fc2"),
    ]
    constants = {"one": 1.0, "w": np.ones((4, 1)), "w2": np.ones((1, 2))}
    constants |= {f"f{k}": factor for k, factor in enumerate(factors)}
    path = saved(tmp_path / "near.onnx", nodes, constants)
    model = onnx.load(path)
    model.graph.initializer.append(numpy_helper.from_array(np.float64(edge), "edge"))
    path.write_bytes(model.SerializeToString())
    found = check_import(bnngen.load(path), np.array([[1.0, 1, 1, -1], [1, 1, 1, 1], [-1, 1, 1, 1]]))
    assert found == ImportCheck(3, undecided=1)
    assert str(found).endswith("no difference, 1 too near a threshold to be decided there")


@pytest.mark.parametrize("batch", ["N", 1, 4, 7])
def test_the_batch_of_the_file_does_not_matter(tmp_path: Path, batch: int | str) -> None:
    """A Reshape names it."""
    size = batch if isinstance(batch, int) else -1
    nodes = [
        helper.make_node("BipolarQuant", ["x", "one"], ["q"], domain=QONNX),
        helper.make_node("Constant", [], ["shape"], value_ints=[size, 4]),
        helper.make_node("Reshape", ["q", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["y"]),
    ]
    constants = {"one": 1.0, "w": np.random.default_rng(0).choice([-1.0, 1.0], (4, 3))}
    path = saved(tmp_path / "batch.onnx", nodes, constants, (batch, 2, 2))
    x = np.random.default_rng(2).normal(size=(9, 2, 2))
    assert check_import(bnngen.load(path), x) == ImportCheck(9)


def test_a_class_index_is_compared_too(two_layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = bnngen.load(two_layers, output="class")
    assert check_import(network, FRAMES) == ImportCheck(200)
    monkeypatch.setattr(type(network), "run", lambda self, codes, *rest: np.zeros((len(codes), 1), np.int64))
    assert check_import(network, FRAMES).differing > 50


def test_a_file_that_the_evaluator_can_not_take(tmp_path: Path, two_layers: Path) -> None:
    network = bnngen.load(two_layers)
    with pytest.raises(EvaluationError, match="comes from no file"):
        check_import(replace(network, source=None), FRAMES)


def test_time_is_bounded(two_layers: Path) -> None:
    found = check_import(bnngen.load(two_layers), np.repeat(FRAMES, 1000, axis=0), seconds=0.2)
    assert 1 <= found.frames < 200_000


@pytest.mark.parametrize("name", ["tfc_1w1a_mnist", "tfc_2w2a_mnist", "lfc_w1a1_mnist"])
def test_real_networks(shared: Path, name: str) -> None:
    data = np.load(shared / "data" / ("mnist_test_flat.npz" if "lfc" in name else "mnist_test_unit.npz"))
    x = data["x"][:20] * float(data.get("x_scale", 1))
    found = check_import(bnngen.load(shared / "models" / f"{name}.onnx"), x)
    assert found.frames > 0
    assert (found.differing, found.undecided) == (0, 0)


def test_what_is_left_where_numbers_cancel_is_rounding(tmp_path: Path) -> None:
    """0.25 less something next to it: the difference has few right digits in double precision."""
    nodes = [
        helper.make_node("BipolarQuant", ["x", "one"], ["q"], domain=QONNX),
        helper.make_node("MatMul", ["q", "w"], ["h"]),
        helper.make_node("BatchNormalization", ["h", "one1", "beta", "mean", "var"], ["y"]),
    ]
    constants = {"one": 1.0, "w": [[1.0], [-1.0], [1.0], [-1.0]], "one1": [1.0]}
    constants |= {"beta": [0.25], "mean": [0.5], "var": [4.0]}
    path = saved(tmp_path / "cancel.onnx", nodes, constants)
    assert check_import(bnngen.load(path), np.ones((3, 4))) == ImportCheck(3)


def test_a_file_whose_output_has_no_axes(tmp_path: Path) -> None:
    """A squeeze of one number a frame takes the axis of the batch with it."""
    nodes = [
        helper.make_node("Quant", ["x", "s", "z", "b"], ["q"], domain=QONNX),
        helper.make_node("MatMul", ["q", "w"], ["h"]),
        helper.make_node("Squeeze", ["h"], ["y"]),
    ]
    constants = {"s": 0.5, "z": 0, "b": 4, "w": np.array([[1.0], [2], [-1], [1]])}
    network = bnngen.load(saved(tmp_path / "m.onnx", nodes, constants, (1, 4)))
    x = np.random.default_rng(0).normal(size=(8, 4))
    found = check_import(network, x)
    assert (found.frames, found.differing) == (8, 0)
