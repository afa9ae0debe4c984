"""Files that describe more than any board holds are refused, and none takes long to read."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.onnx_files import refuses

from bnngen.base.errors import ModelError
from bnngen.frontend import import_onnx
from bnngen.frontend.limits import MOST_NODES
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File

SECONDS = 60
"""Of processor time; none of them takes a third of it."""


def end(model: File, x: str, features: int) -> str:
    return model.node("MatMul", x, np.ones((features, 2)))


def wide_concat(model: File) -> str:
    x = model.bipolar("x")
    for _ in range(30):
        x = model.node("Concat", x, x, axis=1)
    return end(model, x, 3)


def wide_constant(model: File) -> str:
    c = model.const(np.ones(4))
    for _ in range(40):
        c = model.node("Concat", c, c, axis=0)
    return end(model, model.node("Add", model.bipolar("x"), c), 3)


def long_number(model: File) -> str:
    c = model.const(np.float32(1.1))
    for _ in range(40):
        c = model.node("Mul", c, c)
    return end(model, model.node("Mul", model.bipolar("x"), c), 3)


def many_roots(model: File) -> str:
    """Each channel with a scale of its own, irrational ones of one unit in front of a sum over all."""
    x = model.node("MatMul", model.bipolar("x"), np.ones((3, 600)))
    x = model.node("Add", x, model.node("Sqrt", np.arange(2.0, 602)))
    return model.bipolar(model.node("MatMul", x, np.ones((600, 2))))


def many_exact_numbers(model: File) -> str:
    """One unit for each row, added to one for each column."""
    x = model.bipolar(model.node("MatMul", model.bipolar("x"), np.ones((3, 600))))
    units = np.arange(1.0, 601)
    a, b = (model.node("Mul", np.ones((600, 600)), unit) for unit in (units, units.reshape(600, 1)))
    return model.node("MatMul", x, model.node("Add", a, b))


def far_slices(model: File) -> str:
    """A huge stride over huge padding has few positions."""
    x = model.node("Unsqueeze", model.bipolar("x"), np.array([2]))
    x = model.node("MaxPool", x, kernel_shape=[1], strides=[1 << 40], pads=[0, 1 << 40])
    return end(model, model.node("Flatten", x), 3)


def huge_upsample(model: File) -> str:
    x = model.node("Unsqueeze", model.bipolar("x"), np.array([2]))
    return model.node("Resize", x, "", np.array([1, 1, 2.0**50], np.float32), mode="nearest")


def huge_gather(model: File) -> str:
    c = model.node("Gather", np.ones((300, 3000)), np.zeros((12000,), np.int64))
    return model.node("MatMul", model.bipolar("x"), c)


CASES = {
    wide_concat: "makes a tensor of 25,165,824 elements; at most 16,777,216 are supported",
    wide_constant: "makes a constant of 33,554,432 elements; at most 16,777,216 are supported",
    long_number: "leads to exact numbers of more than 65,536 bits; quantise in between, or use fewer such",
    many_roots: "leads to exact numbers of more than 256 square roots; quantise in between, or use",
    many_exact_numbers: "makes 360,000 exact numbers; at most 262,144 are supported",
    far_slices: "makes a padded map of 3,298,534,883,331 elements; at most 16,777,216 are supported",
    huge_upsample: "makes a tensor of 3,377,699,720,527,872 elements; at most 16,777,216 are supported",
    huge_gather: "makes a constant of 36,000,000 elements; at most 16,777,216 are supported",
}


@pytest.mark.parametrize("build", CASES, ids=lambda build: build.__name__)
def test_what_is_too_much_is_refused_at_once(tmp_path: Path, build: Callable[..., Any]) -> None:
    model = File(3)
    path, start = model.save(tmp_path / "model.onnx", build(model)), time.process_time()
    with pytest.raises(ModelError) as error:
        lower(import_onnx(path))
    assert CASES[build] in str(error.value)
    assert time.process_time() - start < SECONDS


def test_windows_that_see_too_much(tmp_path: Path) -> None:
    model = File(1, 2000, 2000)
    x = model.node("AveragePool", model.bipolar("x"), kernel_shape=[1000, 1000])
    with pytest.raises(
        ModelError, match=r"has windows that see [\d,]+ elements together; at most 67,108,864"
    ):
        import_onnx(model.save(tmp_path / "model.onnx", x))


def test_too_many_operators(tmp_path: Path) -> None:
    model, x = File(3), "x"
    for _ in range(MOST_NODES + 1):
        x = model.node("Identity", x)
    with pytest.raises(ModelError, match=r"the file has 5,001 operators; at most 5,000 are supported$"):
        import_onnx(model.save(tmp_path / "model.onnx", x))


@pytest.mark.parametrize("op", ["Add", "Mul", "both"])
def test_two_thousand_operators_in_a_row(tmp_path: Path, op: str) -> None:
    """The numbers grow with every one, and the graph is rewritten at every one."""
    model, random = File(4), np.random.default_rng(0)
    x = model.bipolar("x")
    for k in range(2000):
        kind = ("Add", "Mul")[k % 2] if op == "both" else op
        value = random.normal() if kind == "Add" else random.uniform(0.9, 1.1)
        x = model.node(kind, x, np.float32(value))
    path, start = (
        model.save(tmp_path / "model.onnx", model.node("MatMul", x, np.ones((4, 2)))),
        time.process_time(),
    )
    assert len(lower(import_onnx(path)).layers) == 1
    assert time.process_time() - start < SECONDS


def test_sums_that_leave_62_bits_are_refused_by_name() -> None:
    """Five matrices of 127 over 64 inputs: 13 bits each."""
    model = File(64)
    x = model.quant("x", 1.0, bits=8.0)
    for k in range(5):
        x = model.node("MatMul", x, np.full((64, 64), 127.0), name=f"fc{k}")
    refuses(
        model,
        x,
        "layer 'fc4': makes sums of 72 bits; at most 62 are supported: put a quantiser in front of it",
    )


def test_sums_of_62_bits_are_exact(tmp_path: Path) -> None:
    model = File(2)
    x = model.quant("x", 1.0, bits=8.0)
    for _ in range(6):
        x = model.node("MatMul", x, np.full((2, 2), 127.0))
    network = lower(
        import_onnx(model.save(tmp_path / "model.onnx", model.node("MatMul", x, [[0.0], [-64.0]])))
    )
    least, most = 127 * 254**5 * 64, 256 * 127 * 254**5 * 64
    assert network.run(np.array([[127, -128], [-128, -128]])).tolist() == [[least], [most]]
    assert most.bit_length() == 61
