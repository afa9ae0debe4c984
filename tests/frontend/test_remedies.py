"""What can't become integers: each entry has a reason and an order, and none is of an operator that is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from bnngen.base.errors import ModelError
from bnngen.frontend.cases import CASES
from bnngen.frontend.importer import Importer
from bnngen.frontend.readers import readers
from bnngen.frontend.remedies import REMEDIES, near_operators, remedy_of
from bnngen.frontend.schema import QONNX
from bnngen.passes.lower import lower
from tests.frontend.onnx_file import File


def test_no_operator_that_is_read_has_one() -> None:
    assert {key for key in REMEDIES if key in readers()} == set()
    assert {domain for domain, operator in REMEDIES if not operator}.isdisjoint({"", *QONNX})


def test_the_operators_of_onnx_are_onnx_s() -> None:
    """Names of other domains are checked by nobody; those of ONNX are known."""
    known = {schema.name for schema in onnx.defs.get_all_schemas_with_history() if not schema.domain}
    assert {operator for domain, operator in REMEDIES if domain == ""} - known == set()


def test_each_says_why_and_what_to_do() -> None:
    for key, remedy in REMEDIES.items():
        assert remedy.because[0].islower(), key
        assert remedy.instead[0].islower(), key
        assert not remedy.instead.endswith("."), key


@pytest.mark.parametrize(
    ("domain", "operator", "word"),
    [
        ("finn.custom_op.fpgadataflow", "MVAU", "before that step"),
        ("finn.custom_op.fpgadataflow.hls", "Thresholding_hls", "before that step"),
        ("finn", "StreamingFCLayer_Batch", "before that step"),
        ("qonnx.custom_op.general", "FloatQuant", "integer quantisers"),
        ("qonnx.custom_op.channels_last", "Conv", "channels first"),
        ("com.microsoft", "FusedConv", "graph_optimization_level"),
        ("com.microsoft", "DynamicQuantizeMatMul", "quantize_static"),
        ("ai.onnx", "LSTM", "Conv1d"),
        ("", "LayerNormalization", "BatchNorm"),
        ("", "DynamicQuantizeLinear", "quantize_static"),
    ],
)
def test_the_message_has_it(domain: str, operator: str, word: str) -> None:
    model = File(4)
    x = model.node(operator, model.bipolar("x"), name="odd", domain=domain)
    with pytest.raises(ModelError) as error:
        Importer(model.proto(x)).run()
    remedy = remedy_of(domain, operator)
    assert remedy is not None
    assert word in remedy.instead
    assert str(error.value).startswith("layer 'odd': ")
    assert str(error.value).endswith(f"{remedy.because}; {remedy.instead}")


def test_an_unknown_operator_has_neighbors() -> None:
    assert near_operators("MaxPol", ["MaxPool", "Relu"]).startswith("is MaxPool meant? ")
    assert near_operators("Xyzzy", ["MaxPool", "Relu"]).startswith("All that are supported")


def test_an_operator_in_a_domain_that_has_it_not() -> None:
    model = File(4)
    x = model.node("Relu", model.bipolar("x"), name="odd", domain=QONNX[0])
    with pytest.raises(
        ModelError,
        match=r"Relu is not supported in the domain 'qonnx.custom_op.general'; it belongs to 'ai.onnx'$",
    ):
        Importer(model.proto(model.node("MatMul", x, np.ones((4, 2))))).run()


def two(model: File, op: str) -> str:
    x = model.node("MatMul", model.quant("x", 0.5), np.ones((4, 4)))
    return model.node(op, x, model.node("Neg", model.node("Relu", x)), name="odd")


def gather(model: File) -> str:
    return model.node("Gather", np.ones((8, 4), np.float32), model.bipolar("x"), name="odd")


def resize(model: File) -> str:
    x = model.node("Unsqueeze", model.bipolar("x"), np.array([2]))
    return model.node("Resize", x, "", np.array([1, 1, 2], np.float32), mode="linear", name="odd")


def softmax(model: File) -> str:
    x = model.node("MatMul", model.bipolar("x"), np.ones((4, 4)))
    return model.node("MatMul", model.node("Softmax", x, name="odd"), np.ones((4, 2)))


OFTEN: dict[str, Callable[[File], str]] = {
    **{op: lambda model, op=op: two(model, op) for op in ("Mul", "Div", "MatMul", "Gemm")},  # type: ignore[misc]
    "Gather": gather,
    "Resize": resize,
    "Softmax": softmax,
}


@pytest.mark.parametrize("operator", OFTEN)
def test_uses_that_are_refused(operator: str) -> None:
    model = File(4)
    with pytest.raises(ModelError) as error:
        lower(Importer(model.proto(OFTEN[operator](model))).run())
    (case,) = CASES[operator]
    assert error.value.layer == "odd"
    assert str(error.value).endswith(f": {case.because}; {case.instead}")
