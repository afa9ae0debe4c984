"""Attributes have the names and types of the operator's definition."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, helper
from support.onnx_files import refuses

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


def changed(attribute: AttributeProto | list[AttributeProto]) -> Callable[[onnx.ModelProto], None]:
    """Puts attributes into the node 'op', in place of those that it has."""

    def change(model: onnx.ModelProto) -> None:
        (node,) = (n for n in model.graph.node if n.name == "op")
        del node.attribute[:]
        node.attribute.extend(attribute if isinstance(attribute, list) else [attribute])

    return change


def filled(name: str, type_: int, **values: object) -> AttributeProto:
    attribute = AttributeProto(name=name, type=type_)
    for field, value in values.items():
        if isinstance(value, list):
            getattr(attribute, field).extend(value)
        else:
            setattr(attribute, field, value)
    return attribute


CASES = {
    "another type": (
        helper.make_attribute("transB", 1.0),
        "has its attribute transB of type FLOAT; accepted: INT",
    ),
    "no type": (
        filled("transB", AttributeProto.UNDEFINED, i=1),
        "has its attribute transB of type UNDEFINED; accepted: INT",
    ),
    "a value in another field": (
        filled("transB", AttributeProto.INT, f=1.0),
        "has its attribute transB of type INT that holds f; accepted: INT",
    ),
    "a reference": (
        filled("transB", AttributeProto.INT, ref_attr_name="t"),
        "has its attribute transB of type INT that holds ref_attr_name; accepted: INT",
    ),
    "a list": (
        helper.make_attribute("transB", [1]),
        "has its attribute transB of type INTS; accepted: INT",
    ),
    "an unknown one": (
        helper.make_attribute("broadcast", 1),
        "has the attribute broadcast, which it does not know; known: alpha, beta, transA, transB",
    ),
    "twice": ([helper.make_attribute("transB", 0)] * 2, "has its attribute transB twice"),
    "beyond its range": (helper.make_attribute("transB", 2), "has transB = 2; accepted are 0 and 1"),
    "no number": (helper.make_attribute("alpha", float("nan")), "nan is not a finite number"),
}


@pytest.mark.parametrize("case", CASES)
def test_attributes_that_are_refused(case: str) -> None:
    attribute, problem = CASES[case]
    model = File(3)
    output = model.node("Gemm", model.bipolar("x"), WEIGHTS, name="op")
    refuses(model, output, f"layer 'op': Gemm {problem}", change=changed(attribute))


def test_text_that_is_none() -> None:
    model = File(3)
    output = model.node("MatMul", model.quant("x", 1.0, name="op"), WEIGHTS)
    bad = filled("rounding_mode", AttributeProto.STRING, s=b"\xff\xfe")
    refuses(
        model,
        output,
        "layer 'op': Quant has its attribute rounding_mode of bytes that are no text",
        change=changed(bad),
    )


def test_more_inputs_than_an_operator_has() -> None:
    model = File(3)
    output = model.node("MatMul", model.bipolar("x"), WEIGHTS, 1.0, name="op")
    refuses(model, output, "layer 'op': MatMul has 3 inputs; it takes 2")


@pytest.mark.parametrize(
    ("versions", "found"), [([], "none"), ([6], "6"), ([99], "99"), ([11, 13], "11 and 13")]
)
def test_versions_that_are_not_known(versions: list[int], found: str) -> None:
    def change(model: onnx.ModelProto) -> None:
        kept = [entry for entry in model.opset_import if entry.domain]
        del model.opset_import[:]
        model.opset_import.extend([*kept, *(helper.make_opsetid("", version) for version in versions)])

    model = File(3)
    output = model.node("MatMul", model.bipolar("x"), WEIGHTS)
    most = onnx.defs.onnx_opset_version()
    refuses(
        model,
        output,
        f"layer 'opset_import': the file names version {found} of ONNX's operators; supported are 7 to {most}: "
        "convert it (onnx.version_converter) or export it again",
        change=change,
    )


@pytest.mark.parametrize("domain", ["evil", "ai.onnx.ml", "com.microsoft"])
def test_a_known_name_in_another_domain(tmp_path: Path, domain: str) -> None:
    model = File(3)
    output = model.node("MatMul", model.bipolar("x"), WEIGHTS, name="op", domain=domain)
    with pytest.raises(
        ModelError, match=f"^layer 'op': MatMul is of the domain '{domain}', which is not supp"
    ):
        import_onnx(model.save(tmp_path / "model.onnx", output))


def test_a_quantizer_in_onnx_own_domain(tmp_path: Path) -> None:
    model = File(3)
    output = model.node("MatMul", model.bipolar("x", name="op", domain=""), WEIGHTS)
    with pytest.raises(ModelError, match=r"^layer 'op': the operator BipolarQuant is not supported"):
        import_onnx(model.save(tmp_path / "model.onnx", output))
