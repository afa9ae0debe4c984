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

SMALL = st.integers(1, 3)


def agree(model: File, y: str) -> None:
    """With onnxruntime, where it takes the file; and in fractions with doubles."""
    proto = as_float32(model.proto(y))
    x = np.random.default_rng(3).integers(-8, 9, (2, *model.shape)) / 4
    floats = runtime.outputs(proto, x, None)
    try:
        doubles = Reference(proto).real(x, None)
    except ValueError:
        return
    assert floats is not None
    assert floats.tolist() == doubles.reshape(2, -1).tolist()
    assert Reference(proto).exact(x, None).astype(np.float64).tolist() == doubles.tolist()


@given(st.data(), st.sampled_from((1, 2)), st.sampled_from((1, 2)), SMALL, st.booleans())
def test_conv_transpose(data: Any, rank: int, groups: int, rows: int, biased: bool) -> None:
    model = File(2, *(data.draw(SMALL) for _ in range(rank)))
    kernel = [data.draw(SMALL) for _ in range(rank)]
    options: dict[str, Any] = {"strides": [data.draw(SMALL) for _ in range(rank)], "group": groups}
    kind = data.draw(st.sampled_from(("pads", "VALID", "dilated")))
    if kind == "VALID":
        options["auto_pad"] = kind
    elif kind == "dilated":
        options["dilations"] = [2] * rank
    else:
        options["pads"] = [data.draw(st.integers(0, 1)) for _ in range(2 * rank)]
        options["output_padding"] = [data.draw(st.integers(0, 1)) for _ in range(rank)]
    weights = np.random.default_rng(1).integers(-2, 3, (2, rows, *kernel)).astype(np.float32)
    bias = [np.arange(rows * groups, dtype=np.float32)] if biased else []
    agree(model, model.node("ConvTranspose", "x", weights, *bias, **options))


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER"])
def test_conv_transpose_to_as_many_as_there_are_times_the_stride(auto_pad: str) -> None:
    model = File(2, 4, 3)
    weights = np.arange(2 * 3 * 4 * 3, dtype=np.float32).reshape(2, 3, 4, 3)
    agree(model, model.node("ConvTranspose", "x", weights, auto_pad=auto_pad, strides=[1, 2]))


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_blocks(mode: str) -> None:
    model = File(8, 2, 3)
    agree(model, model.node("DepthToSpace", "x", blocksize=2, mode=mode))
    model = File(2, 4, 6)
    agree(model, model.node("SpaceToDepth", "x", blocksize=2))


@pytest.mark.parametrize(
    ("op", "inputs", "options"),
    [
        ("Pad", (np.array([0, 0, 1, 0, 0, 2]), 0.5), {}),
        ("Transpose", (), {"perm": [0, 2, 1]}),
        ("Expand", (np.array([1, 3, 4]),), {}),
        ("Tile", (np.array([1, 2, 1]),), {}),
        ("ArgMax", (), {"axis": 1}),
    ],
)
def test_what_the_evaluator_has_works_in_fractions(op: str, inputs: Any, options: dict[str, Any]) -> None:
    model = File(3, 4)
    agree(model, model.node("Cast", model.node(op, "x", *inputs, **options), to=1))
