"""Local functions: their bodies count, not their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from support.onnx_files import agrees

from bnngen.base.errors import ModelError, ModelFileError
from bnngen.frontend import import_onnx
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File

STANDARD = helper.make_opsetid("", 13)


def function(name: str, *ops: Sequence[str], domain: str = "own") -> onnx.FunctionProto:
    """Operators in a row: (op_type, domain), of one input each."""
    names = ["a", *(f"b{k}" for k in range(len(ops)))]
    nodes = [
        helper.make_node(op, [i], [o], domain=d) for (op, d), i, o in zip(ops, names, names[1:], strict=False)
    ]
    return helper.make_function(
        domain, name, ["a"], [names[-1]], nodes, [STANDARD, helper.make_opsetid("own", 1)]
    )


def with_functions(*functions: onnx.FunctionProto) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.functions.extend(functions)
        model.opset_import.append(helper.make_opsetid("own", 1))

    return change


def network(op: str, domain: str = "own") -> tuple[File, str]:
    """A function between a layer's sums and a quantiser."""
    model = File(3)
    sums = model.node("MatMul", model.bipolar("x"), np.array([[1.0, -1], [1, 1], [-1, 1]]))
    return model, model.node("MatMul", model.quant(model.node(op, sums, domain=domain), 1.0), np.eye(2))


@pytest.mark.parametrize(
    "functions",
    [
        [function("Relu", ("Neg", ""))],
        [function("Other", ("Neg", ""), ("Relu", "")), function("Relu", ("Other", "own"))],
    ],
)
def test_the_body_takes_the_place_of_the_call(functions: list[Any]) -> None:
    model, output = network("Relu")
    agrees(model, output, change=with_functions(*functions))


def test_a_body_with_unknown_operators_is_refused(tmp_path: Path) -> None:
    model, output = network("Relu")
    path = model.save(tmp_path / "model.onnx", output, change=with_functions(function("Relu", ("Gelu", ""))))
    with pytest.raises(ModelError, match="the operator Gelu is not supported"):
        lower(import_onnx(path))


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ([function("F", ("F", "own"))], "the model's local function 'F' calls itself"),
        (
            [function("F", ("G", "own")), function("G", ("F", "own"))],
            "the model's local function 'F' calls itself",
        ),
        (
            [function("F", ("Neg", "")), function("F", ("Relu", ""))],
            "the model defines the local function 'F' twice",
        ),
        (
            [function(f"F{k}", *[(f"F{k + 1}", "own")] * 2) for k in range(40)]
            + [function("F40", ("Neg", ""))],
            "the model's local functions come to 1,099,511,627,780 operators; at most 5,000 are supported",
        ),
        (
            [function(f"F{k}", (f"F{k + 1}", "own")) for k in range(150)] + [function("F150", ("Neg", ""))],
            "the model's local functions call each other more than 100 deep",
        ),
    ],
)
def test_functions_that_have_no_end(tmp_path: Path, functions: list[Any], message: str) -> None:
    model, output = network(functions[0].name)
    path = model.save(tmp_path / "model.onnx", output, change=with_functions(*functions))
    with pytest.raises(ModelFileError) as error:
        import_onnx(path)
    assert str(error.value) == message


def test_a_function_in_onnx_own_domain_is_refused(tmp_path: Path) -> None:
    model, output = network("Relu", domain="")
    path = model.save(
        tmp_path / "model.onnx", output, change=with_functions(function("Relu", ("Neg", ""), domain=""))
    )
    with pytest.raises(ModelFileError, match="local function 'Relu' is in ONNX's own domain"):
        import_onnx(path)


def test_a_function_of_another_version_is_refused(tmp_path: Path) -> None:
    """onnx's inliner leaves it, and its call would be read by its name."""
    body = function("Relu", ("Neg", ""))
    body.opset_import[0].version = 11
    model, output = network("Relu")
    path = model.save(tmp_path / "model.onnx", output, change=with_functions(body))
    with pytest.raises(ModelFileError, match="'Relu' is written in version 11 of the operators of domain ''"):
        import_onnx(path)
