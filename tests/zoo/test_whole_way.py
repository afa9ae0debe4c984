"""Networks as others quantise them, from the exporter's file to Verilator on a real board's budget."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import Cli
from torch import nn

from bnngen.train.brevitas_import import qnn
from tests.zoo import floats, quantized
from tests.zoo.exporters import EXPORTERS
from tests.zoo.kinds import BREVITAS, FLOAT, Kind

pytestmark = [pytest.mark.train, pytest.mark.slow]

SHAPE = (3, 16, 16)


def resnet() -> nn.Module:
    """Two blocks of 8 and 16 channels, 4-bit weights, the mean of the 8 x 8 map cut to 4 bits."""
    return quantized.Resnet(qnn.TruncAvgPool2d(8, bit_width=4), (8, 16))


def int8_cnn() -> nn.Module:
    """Two convolutions with batch norms, a pool and a dense layer."""
    layers: Any = floats.cnn()
    return nn.Sequential(*layers[:-1], nn.Linear(8 * 36, 10))


CASES: dict[str, tuple[str, Callable[[], nn.Module], dict[str, Any], str]] = {
    "ResNet, QONNX, old": (BREVITAS, resnet, {}, "QONNX, old"),
    "ResNet, QONNX": (BREVITAS, resnet, {}, "QONNX"),
    "int8 CNN, QDQ": (FLOAT, int8_cnn, {}, "QDQ"),
    "int8 CNN, QOperator, scales a channel": (FLOAT, int8_cnn, {"per_channel": True}, "QOperator"),
}


@pytest.mark.parametrize("name", CASES)
def test_no_mismatch_in_verilator(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_of, build, options, exporter = CASES[name]
    kind, cli = Kind(name, made_of, build, SHAPE, quantization=options), Cli(capsys)
    path = EXPORTERS[made_of][exporter](kind, tmp_path)
    x = np.random.default_rng(0).normal(size=(16, *SHAPE))
    np.savez(tmp_path / "x.npz", x=x)
    status, _, errors = cli("golden", path, tmp_path / "x.npz", "--check-import")
    assert status == 0, errors
    out = tmp_path / "out"
    build_arguments = (
        "--board",
        "ulx3s_85f",
        "--until",
        "simulate",
        "--verify",
        tmp_path / "x.npz",
        "--out",
        out,
    )
    status, _, errors = cli("build", path, *build_arguments)
    assert status == 0, errors
    simulation = json.loads((out / "report.json").read_text())["simulation"]
    assert (simulation["frames"], simulation["mismatches"]) == (16, 0)
    assert simulation["cycles_per_frame"] > 0
