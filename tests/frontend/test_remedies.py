"""What can't become integers: each entry has a reason and an order, and none is of an operator that is read."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from bnngen.base.errors import ModelError
from bnngen.frontend.importer import Importer, readers
from bnngen.frontend.remedies import REMEDIES, near_operators, remedy_of
from bnngen.frontend.schema import QONNX
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
