from __future__ import annotations

from random import Random

import numpy as np
import onnx
import pytest

from tests.frontend.onnx_file import File
from tests.fuzz import runtime
from tests.fuzz.operators import ROUNDINGS
from tests.fuzz.oracle import frames
from tests.fuzz.reference import Reference
from tests.fuzz.seeds import as_float32, random_seed


@pytest.mark.parametrize("number", range(12))
def test_random_files_mean_the_same_to_all_evaluators(number: int) -> None:
    """In doubles, in fractions and in onnxruntime's floats."""
    seed = random_seed(Random(number))
    model = onnx.ModelProto.FromString(seed.contents)
    x = frames(seed.shapes["x"][1:], number)
    reference = Reference(model)
    doubles = reference.real(x, None)
    few = reference.exact(x[:3], None).astype(np.float64)
    np.testing.assert_allclose(few, doubles[:3], rtol=1e-12)
    floats = runtime.outputs(model, x, None)
    assert floats is not None
    np.testing.assert_allclose(floats, doubles, rtol=1e-4, atol=1e-5)


def test_each_way_to_round_is_a_function_of_its_own() -> None:
    assert runtime.ROUNDINGS.keys() == ROUNDINGS.keys()
    x = np.arange(-20, 20).reshape(1, -1) / 8
    for mode in ROUNDINGS:
        file = File(x.shape[1])
        first = file.quant("x", 0.5, bits=4.0, rounding_mode=mode)
        model = as_float32(file.proto(file.quant(first, 0.25, bits=3.0, signed=0, narrow=1)))
        floats = runtime.outputs(model, x, None)
        assert floats is not None
        assert floats.tolist() == Reference(model).real(x, None).tolist()


def test_what_it_can_not_read_it_says_nothing_about() -> None:
    old = File(3, opset=12)
    assert runtime.outputs(as_float32(old.proto(old.bipolar("x"))), np.zeros((1, 3)), None) is None
    unknown = File(3)
    assert runtime.outputs(unknown.proto(unknown.node("Nonsense", "x")), np.zeros((1, 3)), None) is None


def test_it_says_nothing_of_products_that_a_processor_may_cut_off() -> None:
    for weight, silent in ((64, False), (65, True)):
        file = File(4)
        ends = (np.float32(0.5), np.uint8(0))
        x = file.node("QuantizeLinear", "x", *ends)
        weights = np.full((4, 2), weight, np.int8)
        y = file.node(
            "QLinearMatMul", x, *ends, weights, np.float32(1), np.int8(0), np.float32(64), np.uint8(0)
        )
        model = as_float32(file.proto(file.node("DequantizeLinear", y, *ends)))
        assert (runtime.outputs(model, np.full((1, 4), 127.5), None) is None) == silent


def test_it_says_nothing_where_an_input_is_left_out_that_it_reads() -> None:
    file = File(4)
    ends = (np.float32(0.5), np.uint8(0))
    x = file.node("QuantizeLinear", "x", *ends)
    y = file.node("QLinearLeakyRelu", x, *ends, np.float32(0.5), domain="com.microsoft")
    model = as_float32(file.proto(file.node("DequantizeLinear", y, *ends)))
    assert runtime.outputs(model, np.zeros((1, 4)), None) is None
