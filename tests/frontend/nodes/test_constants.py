"""Operators that are computed at import."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper
from support.onnx_files import agrees, refuses

from tests.frontend.onnx_file import File

WEIGHTS = np.array([[1.0, -2.0, 3.0], [-1.0, 1.0, 2.0]])


def scaled(model: File, factor: str) -> str:
    return model.node("Mul", model.node("MatMul", model.bipolar("x"), WEIGHTS.T), factor)


@pytest.mark.parametrize(
    "attribute",
    [
        {"value": numpy_helper.from_array(np.array([0.5, -2.0]))},
        {"value_float": 0.5},
        {"value_floats": [0.5, -2.0]},
        {"value_int": 3},
        {"value_ints": [3, -2]},
    ],
)
def test_constant_nodes(attribute: dict[str, Any]) -> None:
    model = File(3)
    value = model.node("Constant", **attribute)
    agrees(model, scaled(model, model.node("Cast", value, to=TensorProto.DOUBLE)))


def test_a_constant_without_numbers_is_refused() -> None:
    model = File(3)
    value = model.node("Constant", value_string="one", name="text")
    refuses(model, scaled(model, value), "layer 'text': Constant holds neither numbers nor a tensor")


@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.0, 2.0, -1.0])
@pytest.mark.parametrize("base", [[4.0, 0.25], [2.0, 3.0]])
def test_pow(exponent: float, base: list[Any]) -> None:
    model = File(3)
    agrees(model, scaled(model, model.node("Pow", base, np.array(exponent))))


def test_powers_that_are_refused() -> None:
    accepted = "takes an exponent of -1, -0.5, 0.5, 1 or 2"
    cases = {
        (2.0, 3.0): accepted,
        (-2.0, 0.5): "square root of the negative number -2.0",
        (0.0, -1.0): "divides by zero",
    }
    for (base, exponent), problem in cases.items():
        model = File(3)
        value = model.node("Pow", base, exponent, name="op")
        refuses(model, scaled(model, value), f"layer 'op': Pow {problem}")
    model = File(3)
    refuses(
        model, scaled(model, model.node("Pow", 2.0, [1.0, 2.0], name="op")), f"layer 'op': Pow {accepted}"
    )


def test_sqrt() -> None:
    model = File(3)
    agrees(model, scaled(model, model.node("Sqrt", [2.0, 2.25])))
    model = File(3)
    agrees(model, scaled(model, model.node("Sqrt", [0.0, 1.0])))
    model = File(3)
    value = model.node("Sqrt", -1.0, name="op")
    refuses(model, scaled(model, value), "layer 'op': Sqrt square root of the negative number -1.0")


def test_transposed_constants() -> None:
    model = File(2, 2, 3)
    factor = model.node("Transpose", np.array([[[0.5]], [[-2.0]]]).reshape(1, 1, 1, 2), perm=[0, 3, 1, 2])
    x = model.bipolar(model.node("Mul", "x", factor))
    agrees(model, model.node("MatMul", model.node("Flatten", x), np.arange(12.0).reshape(12, 1)))


@pytest.mark.parametrize("to", [TensorProto.DOUBLE, TensorProto.FLOAT, TensorProto.FLOAT16])
def test_casts_of_constants(to: int) -> None:
    model = File(3)
    value = model.node("Cast", [0.5, -2.0], to=to)
    agrees(model, scaled(model, model.node("Cast", value, to=TensorProto.DOUBLE)))


@pytest.mark.parametrize(
    ("value", "to"),
    [
        (0.5, TensorProto.INT64),
        (0.1, TensorProto.FLOAT),
        (2049.0, TensorProto.FLOAT16),
        (-1.0, TensorProto.UINT8),
        (2.0, TensorProto.BOOL),
    ],
)
def test_casts_that_change_a_number_are_refused(value: float, to: int) -> None:
    model = File(3)
    out = scaled(model, model.node("Cast", value, to=to, name="op"))
    refuses(model, out, "layer 'op': Cast would change the constant's value")


@pytest.mark.parametrize("to", [TensorProto.FLOAT16, TensorProto.INT8, TensorProto.BOOL, 99])
def test_a_computed_tensor_is_not_rounded(to: int) -> None:
    model = File(3)
    refuses(
        model,
        model.node("Cast", "x", to=to, name="op"),
        "layer 'op': Cast of a computed tensor is supported to FLOAT and DOUBLE only: others round it",
    )


def test_a_computed_tensor_may_change_its_precision() -> None:
    model = File(3)
    x = model.node(
        "Cast", model.node("Cast", model.bipolar("x"), to=TensorProto.FLOAT), to=TensorProto.DOUBLE
    )
    agrees(model, model.node("MatMul", x, WEIGHTS.T))


def test_gather_beyond_the_end_is_refused() -> None:
    model = File(3)
    value = model.node("Gather", [1.0, 2.0], np.array(5), name="op")
    out = scaled(model, value)
    refuses(model, out, "layer 'op': Gather takes element 5 along an axis that has 2")


def test_gather_and_concat_of_constants() -> None:
    model = File(3)
    first = model.node("Gather", np.array([[1.0, 0.5], [-2.0, 8.0]]), np.array([1]), axis=1)
    rows = model.node("Concat", first, first, axis=1)
    factor = model.node("Gather", rows, np.array([1, 0]), axis=0)
    picked = model.node("Gather", factor, np.array(1), axis=1)
    agrees(model, scaled(model, picked))


CONSTANT_FAULTS = {
    "beyond the axis": (
        lambda m: m.node("Gather", [1.0, 2.0], np.array([2]), name="op"),
        "Gather takes element 2 along an axis that has 2",
    ),
    "division": (lambda m: m.node("Div", 1.0, [0.0, 1.0, 2.0], name="op"), "Div divides by zero"),
    "power": (lambda m: m.node("Pow", [0.0, 1.0, 2.0], -1.0, name="op"), "Pow divides by zero"),
}


@pytest.mark.parametrize("case", CONSTANT_FAULTS)
def test_constants_that_can_not_be_computed(case: str) -> None:
    build, message = CONSTANT_FAULTS[case]
    model = File(3)
    refuses(model, model.node("Mul", model.bipolar("x"), build(model)), f"layer 'op': {message}")


def test_a_single_exact_number_is_taken_out() -> None:
    model = File(3)
    scale = model.node("Gather", model.node("Div", [1.0, 3.0], 4.0), np.array(1))
    agrees(model, model.node("Mul", model.node("MatMul", model.bipolar("x"), WEIGHTS.T), scale))
