"""Binarized and low-bit networks of plain torch, as both exporters write them, against their known outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from bnngen.frontend import import_onnx
from bnngen.import_check.check import check_import
from bnngen.passes.from_file import load
from bnngen.passes.lower import lower
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network

CASES = [
    "tb_cnn_where_binarised.dy",
    "tb_dorefa_w2a2.ts",
    "tb_mlp_ge_mul_latent.ts",
    "tb_mlp_where_alpha.ts",
    "tb_mlp_where_latent.ts",
    "clamp_q.q",
    "leaky.q",
]


def computes(network: Network, data: Path) -> None:
    """Checks that a network's outputs are those beside the file."""
    frames = np.load(data)
    y = network.run(quantize(frames["x"], network))
    real = network.host.real_outputs(y).reshape(frames["y"].shape)
    np.testing.assert_allclose(real, frames["y"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_what_people_have(shared: Path, name: str) -> None:
    path = shared / "cases" / "import" / f"{name}.onnx"
    network = load(path)
    computes(network, path.with_suffix(".npz"))
    check_import(network, np.load(path.with_suffix(".npz"))["x"]).require()


def _signs_of_zero(model: onnx.ModelProto) -> None:
    """Sign as BipolarQuant, so that 0 gives +1: the frames never meet it."""
    model.opset_import.append(helper.make_opsetid("qonnx.custom_op.general", 1))
    model.graph.initializer.append(numpy_helper.from_array(np.float32(1), "one_"))
    for node in model.graph.node:
        if node.op_type == "Sign":
            node.op_type, node.domain = "BipolarQuant", "qonnx.custom_op.general"
            node.input.append("one_")


def _quantized_input(model: onnx.ModelProto) -> None:
    """A quantiser that the frames pass unchanged in front of the network."""
    model.opset_import.append(helper.make_opsetid("qonnx.custom_op.general", 1))
    constants = {"scale_": 1 / 16, "zero_": 0.0, "bits_": 8.0}
    model.graph.initializer.extend(
        numpy_helper.from_array(np.float32(value), name) for name, value in constants.items()
    )
    source = model.graph.input[0].name
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name == source:
                node.input[index] = "quantized_"
    quantizer = helper.make_node(
        "Quant", [source, *constants], ["quantized_"], domain="qonnx.custom_op.general", signed=1
    )
    model.graph.node.insert(0, quantizer)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tb_mlp_clampste_latent.ts", _signs_of_zero),
        ("tb_mlp_sign_binarised.dy", _signs_of_zero),
        ("tb_mlp_where_noinq.ts", _quantized_input),
    ],
)
def test_what_leaves_something_open(
    shared: Path, name: str, change: Callable[[onnx.ModelProto], None], tmp_path: Path
) -> None:
    path = shared / "cases" / "import" / f"{name}.onnx"
    model = onnx.load(path)
    change(model)
    onnx.save(model, tmp_path / "model.onnx")
    computes(lower(import_onnx(tmp_path / "model.onnx")), path.with_suffix(".npz"))
