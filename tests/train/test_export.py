"""The exported file: the same bytes each time, small, and silent about the machine."""

from __future__ import annotations

import re
from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from bnngen.base.errors import UsageError
from bnngen.train.brevitas_import import qnn
from bnngen.train.choices import ESTIMATORS
from bnngen.train.export import export_model
from bnngen.train.quantizers import bipolar_activation, weight_quantizer

pytestmark = pytest.mark.train


def network() -> nn.Module:
    torch.manual_seed(0)
    estimator = ESTIMATORS["clipped"]()
    quantizer = weight_quantizer(1, estimator)
    return nn.Sequential(
        bipolar_activation(estimator),
        qnn.QuantLinear(300, 40, bias=False, weight_quant=quantizer),
        nn.BatchNorm1d(40),
        bipolar_activation(estimator),
        qnn.QuantLinear(40, 10, bias=False, weight_quant=quantizer),
    )


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    export_model(network(), tmp_path / "m.onnx", (300,))
    return tmp_path / "m.onnx"


def test_a_valid_model_with_a_free_batch(exported: Path) -> None:
    model = onnx.load(exported)
    onnx.checker.check_model(model)
    assert [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim] == [
        "N",
        300,
    ]


def test_binarized_weights_take_a_byte_each(exported: Path) -> None:
    assert 300 * 40 + 40 * 10 < exported.stat().st_size < 300 * 40 + 40 * 10 + 5_000


def test_the_same_bytes_and_nothing_of_the_machine(exported: Path) -> None:
    content = exported.read_bytes()
    export_model(network(), exported, (300,))
    assert exported.read_bytes() == content
    assert not re.search(rb"\.py\b|site-packages|Traceback|/home/|/root/|/tmp/|/Users/|[A-Z]:\\", content)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        export_model(network(), tmp_path / "none" / "m.onnx", (300,))
