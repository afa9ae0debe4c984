"""A file of which some can't be read: what is noted, what is passed over, and what goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bnngen.base.errors import ModelError
from bnngen.frontend.limits import MOST_NODES
from bnngen.frontend.survey import Survey
from bnngen.ir.unread import Unread
from tests.frontend.onnx_file import File

REAL = np.random.default_rng(0).normal(0, 1, (8, 8))
"""Weights that are no integers, nor these times a number."""


def surveyed(model: File, *outputs: str) -> Survey:
    survey = Survey(model.proto(*outputs))
    survey.run()
    return survey


def problems(survey: Survey) -> list[str]:
    return [str(error) for error in survey.problems]


def states(survey: Survey) -> dict[str, str]:
    return {layer.name: layer.state for layer in survey.layers}


def test_every_fault_is_noted_and_only_that() -> None:
    model = File(4)
    x = model.bipolar("x", name="q0")
    x = model.node("Gelu", x, name="gelu")
    x = model.bipolar(x, name="q1")
    x = model.node("MatMul", x, REAL[:4, :3], name="fc")
    x = model.node("Relu", x, name="relu")
    x = model.bipolar(x, 0.0, name="q2")
    survey = surveyed(model, model.node("MatMul", x, np.ones((3, 2)), name="end"))
    assert [error.layer for error in survey.problems] == ["gelu", "fc", "q2"]
    assert states(survey) == {
        "q0": "read",
        "gelu": "refused",
        "q1": "read",
        "fc": "refused",
        "relu": "read",
        "q2": "refused",
        "end": "read",
    }
    assert [layer.shape for layer in survey.layers] == [(1, 4)] * 3 + [(1, 3)] * 3 + [(1, 2)]


def test_what_reads_unknown_weights_is_not_reached() -> None:
    """But its attributes are judged."""
    model = File(4)
    w = model.node("Gelu", np.ones((4, 3)), name="gelu")
    x = model.node("MatMul", model.bipolar("x"), w, name="fc")
    wrong = model.node("Gemm", x, model.node("Gelu", np.ones((3, 2))), name="wrong", strides=[1])
    survey = surveyed(model, wrong)
    assert [error.layer for error in survey.problems] == ["gelu", "Gelu3", "wrong"]
    assert states(survey)["fc"] == "not reached"


def test_a_shape_that_nobody_knows_ends_the_walk() -> None:
    model = File(4)
    x = model.node("Mystery", model.bipolar("x"), name="mystery", domain="other")
    x = model.node("Relu", x, name="relu")
    survey = surveyed(model, model.node("Flatten", x, name="flat", axis=1))
    assert [error.layer for error in survey.problems] == ["mystery"]
    assert states(survey)["relu"] == states(survey)["flat"] == "not reached"
    assert survey.layers[-1].shape is None


def test_the_file_may_know_the_shape() -> None:
    model = File(4)
    x = model.node("Mystery", model.bipolar("x"), name="mystery", domain="other")
    y = model.node("MatMul", model.bipolar(x), REAL[:7, :2], name="fc")
    proto = model.proto(y)
    proto.graph.value_info.append(helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", 7]))
    survey = Survey(proto)
    graph = survey.run()
    assert [error.layer for error in survey.problems] == ["mystery", "fc"]
    assert isinstance(graph["mystery"].op, Unread)
    assert graph.shapes["mystery"] == (7,)


def test_what_a_reader_has_half_made_is_taken_back() -> None:
    """The convolution itself is there before its bias turns out to be of a wrong shape."""
    model = File(2, 4, 4)
    x = model.node("Conv", model.bipolar("x"), np.ones((3, 2, 3, 3)), np.ones(2), name="conv")
    survey = surveyed(model, model.bipolar(x))
    assert [node.name for node in survey.nodes if survey.origins[node.name] == "conv"] == ["conv"]
    assert survey.layers[1].shape == (1, 3, 2, 2)


@pytest.mark.parametrize(
    ("shape", "message"), [((2, 3, 4, 5), "has shape"), ((1 << 40,), "makes frames of")], ids=["rank", "size"]
)
def test_an_input_of_no_use(shape: tuple[int, ...], message: str) -> None:
    model = File(*shape)
    survey = surveyed(model, model.node("Gelu", model.node("Relu", "x"), name="gelu"))
    assert [message in text for text in problems(survey)] == [True, False]
    assert survey.problems[1].layer == "gelu"


def test_two_inputs_and_two_outputs() -> None:
    model = File(4)
    first, second = model.bipolar("x", name="a"), model.node("Gelu", "x2", name="b")
    proto = model.proto(first, second)
    proto.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, ["N", 4]))
    survey = Survey(proto)
    graph = survey.run()
    assert [text.split(":")[0] for text in problems(survey)] == ["layer 'input'", "layer 'b'", "layer 't1_0'"]
    assert {"a", "b"} <= {node.name for node in graph.nodes}


def test_an_input_named_as_the_artificial_one() -> None:
    proto = helper.make_model(
        helper.make_graph(
            [helper.make_node("Relu", ["input"], ["y"], name="input")],
            "g",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 2, 3, 4, 5, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        )
    )
    survey = Survey(proto)
    survey.run()
    assert len(survey.problems) == 1


def test_a_tensor_that_is_made_twice() -> None:
    model = File(4)
    x = model.bipolar("x", name="first")
    model.nodes.append(helper.make_node("Relu", ["x"], [x], name="second"))
    survey = surveyed(model, x)
    assert [error.layer for error in survey.problems] == ["second"]


def test_what_is_refused_as_a_whole() -> None:
    model = File(4)
    x = "x"
    for _ in range(MOST_NODES + 1):
        x = model.node("Identity", x)
    with pytest.raises(ModelError, match=r"5,001 operators"):
        surveyed(model, x)


@pytest.mark.parametrize("change", ["opset", "initializer"])
def test_files_that_say_too_little_or_too_much(change: str) -> None:
    model = File(4)
    proto: Any = model.proto(model.node("Add", "x", np.ones(4)))
    if change == "opset":
        del proto.opset_import[:]
    else:
        proto.graph.initializer.append(onnx.TensorProto(name="c0"))
    with pytest.raises(ModelError):
        Survey(proto).run()
