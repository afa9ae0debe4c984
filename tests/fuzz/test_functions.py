"""Functions of one number: as onnxruntime has them, and the same in fractions as in doubles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.frontend.onnx_file import File
from tests.fuzz import runtime
from tests.fuzz.reference import Reference
from tests.fuzz.seeds import as_float32

X = np.concatenate([np.arange(-36, 36) / 8, [100.0, -100.0, 1e6, -1e6]]).reshape(1, 1, -1)
FUNCTIONS: list[tuple[str, dict[str, Any]]] = [
    *((op, {}) for op in ("Round", "Floor", "Ceil", "Sign", "Abs", "Relu", "Sigmoid", "Tanh", "Softplus")),
    *((op, {}) for op in ("Softsign", "HardSwish", "Mish", "Gelu", "Elu", "Celu", "Selu", "LeakyRelu")),
    *((op, {}) for op in ("HardSigmoid", "ThresholdedRelu", "Neg", "Exp")),
    ("LeakyRelu", {"alpha": -0.75}),
    ("HardSigmoid", {"alpha": 0.1, "beta": 0.25}),
    ("Elu", {"alpha": 0.5}),
    ("Celu", {"alpha": 2.0}),
    ("Selu", {"alpha": 0.5, "gamma": 2.0}),
    ("ThresholdedRelu", {"alpha": -1.0}),
    ("Gelu", {"approximate": "tanh"}),
]
COMPARISONS = ("Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal")


def agree(model: File, y: str, x: np.ndarray = X) -> None:
    proto = as_float32(model.proto(y))
    floats = runtime.outputs(proto, x, None)
    assert floats is not None
    reference = Reference(proto)
    doubles = reference.real(x, None).reshape(len(x), -1).astype(np.float64)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(floats, doubles.astype(np.float32), rtol=2e-5, atol=1e-6)
    fractions = reference.exact(x, None).reshape(len(x), -1).astype(np.float64)
    np.testing.assert_allclose(fractions, doubles, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("op", "options"), FUNCTIONS)
def test_functions(op: str, options: dict[str, Any]) -> None:
    model = File(1, X.shape[-1], opset=22)
    agree(model, model.node(op, "x", **options), np.clip(X, -5, 5) if op == "Exp" else X)


@pytest.mark.parametrize("shape", [(), (1,), (2, 1), (1, 2, 1)])
def test_prelu(shape: tuple[int, ...]) -> None:
    model = File(2, 4)
    slopes = np.resize([0.25, -1.5], shape)
    agree(model, model.node("PRelu", "x", slopes), np.arange(-4, 4).reshape(1, 2, 4) / 4)


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_choose(op: str) -> None:
    model = File(1, X.shape[-1], opset=16)
    reached = model.node(op, "x", 0.5)
    agree(model, model.node("Where", reached, 1.0, -1.0))
    model = File(1, X.shape[-1], opset=16)
    both = model.node("And", model.node(op, "x", 0.5), model.node("Not", model.node("Less", "x", -1.0)))
    either = model.node("Or", both, model.node("Greater", "x", 2.0))
    agree(model, model.node("Cast", either, to=1))


@pytest.mark.parametrize("to", [9, 6, 7])
def test_casts(to: int) -> None:
    model = File(1, X.shape[-1])
    agree(model, model.node("Cast", model.node("Cast", "x", to=to), to=1))


@pytest.mark.parametrize("op", ["Min", "Max", "Mod"])
def test_two_sides(op: str) -> None:
    model = File(1, X.shape[-1])
    attributes: dict[str, Any] = {"fmod": 1} if op == "Mod" else {}
    agree(model, model.node(op, "x", 0.75, **attributes))


@given(
    st.sampled_from(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceProd")),
    st.booleans(),
)
def test_reductions(op: str, kept: bool) -> None:
    x = np.arange(1, 17).reshape(2, 2, 4) / 4
    model = File(2, 4, opset=18)
    agree(model, model.node(op, "x", np.array([2]), keepdims=int(kept)), x)
