from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bnngen.base.errors import BnngenError, DataError, ModelError
from bnngen.ops.dense import Dense
from bnngen.reference.network import Host
from tests.frontend.onnx_file import File
from tests.fuzz.oracle import frames, judge_model
from tests.fuzz.seeds import as_float32
from tests.fuzz.verdict import of_error

WEIGHTS = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, -1.0], [-1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])


def contents(write: Callable[[File], str], *shape: int) -> bytes:
    model = File(*shape)
    result: bytes = as_float32(model.proto(write(model))).SerializeToString()
    return result


def dense(model: File) -> str:
    return model.node("MatMul", model.bipolar("x"), WEIGHTS)


def forty_ninths(model: File) -> str:
    """Sums divided by 49 and multiplied by it again: in doubles 1 becomes a little less."""
    x = model.node("MatMul", model.bipolar("x"), WEIGHTS[:3])
    x = model.node("Mul", model.node("Div", x, model.node("Cast", np.array([49]), to=1)), 49.0)
    x = model.quant(x, 1.0, bits=4.0, rounding_mode="FLOOR")
    return model.node("MatMul", x, WEIGHTS[:3])


def test_what_is_right_agrees() -> None:
    assert judge_model(contents(dense, 4)).kind == "agrees"


def test_a_wrong_integer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Dense.compute
    monkeypatch.setattr(Dense, "compute", lambda self, x: right(self, x) + (x[:, :1] > 0))
    verdict = judge_model(contents(dense, 4))
    assert verdict.signature == ("wrong", "outputs")
    assert verdict.message.startswith("frame ")


def test_a_wrong_class_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "classes", lambda self, y: np.argmin(y, axis=1))
    assert judge_model(contents(dense, 4)).signature == ("wrong", "class")


def test_an_output_too_few_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.oracle._real_outputs", lambda network, y: y[:, 1:])
    assert judge_model(contents(dense, 4)).signature == ("wrong", "shape")


def test_fractions_decide_what_doubles_can_not() -> None:
    assert judge_model(contents(forty_ninths, 3)).kind == "undecided"


@pytest.mark.parametrize(
    ("error", "signature"),
    [
        (ModelError("fc", "has no weights"), ("refused", "has no weights")),
        (ModelError("", "has no weights"), ("unclear", "no layer named from nowhere")),
        (DataError(""), ("unclear", "no message from nowhere")),
        (BnngenError("x\x1b[2J"), ("unclear", "control characters from nowhere")),
        (DataError("a" * 5000), ("unclear", "an endless message from nowhere")),
        (
            DataError("x: index 3 is out of bounds for axis 0"),
            ("unclear", "'out of bounds for axis' from nowhere"),
        ),
        (KeyError("pads"), ("foreign", "KeyError in nowhere")),
        (MemoryError(), ("memory", "nowhere")),
    ],
)
def test_only_a_clear_message_is_a_refusal(error: Exception, signature: tuple[str, str]) -> None:
    assert of_error(error).signature == signature


def test_frames_are_on_binary_grids() -> None:
    x: Any = frames((3, 2), seed=1)
    assert x.shape == (16, 3, 2)
    assert np.array_equal(x * 2.0**30, np.rint(x * 2.0**30))
    assert not x[0].any()
    assert np.abs(x).max() > 1 << 20


def third(model: File) -> str:
    """1.5 times float32(1/3) is a little more than 0.5; the quotient in single precision is 1.5."""
    x = model.node("MatMul", model.bipolar("x"), np.array([[0.5, 0.5]]))
    return model.quant(x, 1 / 3, bits=4.0)


def test_floats_that_round_across_a_threshold_say_nothing() -> None:
    assert judge_model(contents(third, 1)).kind == "agrees"
