"""One network, written in every format: QONNX, QCDQ, QOperator, plain torch. All are the same integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

import bnngen
from bnngen.import_check.check import check_import
from bnngen.reference.network import Network
from bnngen.train.brevitas_import import qnn
from tests.zoo.exporters import quiet
from tests.zoo.quantized import FIXED_POINT_ACT, FIXED_POINT_INPUT, FIXED_POINT_WEIGHTS, INT32_BIAS

pytestmark = pytest.mark.train

SHAPE = (3, 6, 6)


class Brevitas(nn.Module):
    """A convolution with a bias of 32 bits, a pool, a dense layer, and scales that are powers of two: ties are common."""

    def __init__(self) -> None:
        super().__init__()
        options = {"weight_quant": FIXED_POINT_WEIGHTS, "bias_quant": INT32_BIAS}
        self.first = qnn.QuantIdentity(act_quant=FIXED_POINT_INPUT, return_quant_tensor=True)
        self.conv = qnn.QuantConv2d(3, 8, 3, padding=1, bias=True, **options)
        self.relu = qnn.QuantReLU(act_quant=FIXED_POINT_ACT, return_quant_tensor=True)
        self.pool = nn.MaxPool2d(2)
        self.fc = qnn.QuantLinear(8 * 9, 5, bias=False, weight_quant=FIXED_POINT_WEIGHTS)
        self.last = qnn.QuantIdentity(act_quant=FIXED_POINT_INPUT)

    def forward(self, x: Any) -> Any:
        x = self.pool(self.relu(self.conv(self.first(x))))
        return self.last(self.fc(x.flatten(1)))


class Numbers:
    """The integers and the scales of the network, with which the other formats are written."""

    def __init__(self, module: Any) -> None:
        conv, fc = module.conv.quant_weight(), module.fc.quant_weight()
        self.conv, self.fc = (np.asarray(w.int().detach(), np.int8) for w in (conv, fc))
        self.conv_scale, self.fc_scale = float(conv.scale.detach()), float(fc.scale.detach())
        acts = (module.first, module.relu, module.last)
        self.first, self.relu, self.last = (float(act.act_quant.scale().detach()) for act in acts)
        bias = np.rint(module.conv.bias.detach().double().numpy() / (self.first * self.conv_scale))
        self.bias = bias.astype(np.int32)


class Plain(nn.Module):
    """The same in plain torch, with its weights as they are stored."""

    def __init__(self, numbers: Numbers) -> None:
        super().__init__()
        n = self.numbers = numbers
        self.conv_weight = nn.Parameter(torch.from_numpy(n.conv).float() * n.conv_scale)
        self.conv_bias = nn.Parameter(torch.from_numpy(n.bias).float() * n.first * n.conv_scale)
        self.fc_weight = nn.Parameter(torch.from_numpy(n.fc).float() * n.fc_scale)

    def forward(self, x: Tensor) -> Tensor:
        n = self.numbers
        x = torch.clamp(torch.round(x / n.first), -128, 127) * n.first
        x = functional.conv2d(x, self.conv_weight, self.conv_bias, padding=1)
        x = torch.clamp(torch.round(torch.relu(x) / n.relu), 0, 255) * n.relu
        x = functional.linear(functional.max_pool2d(x, 2).flatten(1), self.fc_weight)
        return torch.clamp(torch.round(x / n.last), -128, 127) * n.last


def q_operator(n: Numbers) -> onnx.ModelProto:
    """The same of QLinearConv and QLinearMatMul."""
    tensors: list[onnx.TensorProto] = []

    def of(array: Any) -> str:
        tensors.append(numpy_helper.from_array(np.asarray(array), f"t{len(tensors)}"))
        return f"t{len(tensors) - 1}"

    def scaled(scale: float, type_: Any) -> tuple[str, str]:
        return of(np.float32(scale)), of(type_(0))

    first, relu, last = scaled(n.first, np.int8), scaled(n.relu, np.uint8), scaled(n.last, np.int8)
    conv, fc = scaled(n.conv_scale, np.int8), scaled(n.fc_scale, np.int8)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", *first], ["x_q"]),
        helper.make_node(
            "QLinearConv",
            ["x_q", *first, of(n.conv), *conv, *relu, of(n.bias)],
            ["conv"],
            name="conv",
            pads=[1, 1, 1, 1],
        ),
        helper.make_node("MaxPool", ["conv"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool"], ["flat"]),
        helper.make_node("QLinearMatMul", ["flat", *relu, of(n.fc.T.copy()), *fc, *last], ["fc"], name="fc"),
        helper.make_node("DequantizeLinear", ["fc", *last], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("x", (1, *SHAPE)), ("y", (1, 5)))
    ]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])


@pytest.fixture(scope="module")
def module() -> nn.Module:
    torch.manual_seed(7)
    made = Brevitas().train()
    for _ in range(4):
        made(torch.randn(16, *SHAPE))
    return made.eval()


def by_torch(plain: nn.Module, path: Path, dynamo: bool) -> Network:
    with quiet():
        torch.onnx.export(plain, (torch.zeros(1, *SHAPE),), str(path), dynamo=dynamo)
    return bnngen.load(path)


def by_brevitas(module: nn.Module, path: Path, dynamo: bool, qcdq: bool) -> Network:
    with quiet():
        from brevitas.export import export_onnx_qcdq, export_qonnx

        export = export_onnx_qcdq if qcdq else export_qonnx
        export(module, torch.zeros(1, *SHAPE), export_path=str(path), dynamo=dynamo)
    return bnngen.load(path)


def read(module: nn.Module, name: str, path: Path) -> Network:
    """The network by one way in."""
    plain = Plain(Numbers(module))
    if name == "QOperator":
        onnx.save(q_operator(Numbers(module)), path)
        return bnngen.load(path)
    if name == "from_torch, Brevitas":
        return bnngen.from_torch(module, torch.zeros(1, *SHAPE))
    if name == "from_torch, plain":
        return bnngen.from_torch(plain, torch.zeros(1, *SHAPE))
    dynamo = "old" not in name
    if name.startswith("torch"):
        return by_torch(plain, path, dynamo)
    return by_brevitas(module, path, dynamo, qcdq="QCDQ" in name)


def codes() -> NDArray[np.int64]:
    return np.random.default_rng(3).integers(-128, 128, (200, *SHAPE[1:], SHAPE[0]))


@pytest.fixture(scope="module")
def expected(module: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int64]:
    """What the module itself makes of all codes."""
    numbers = Numbers(module)
    x = torch.from_numpy(np.moveaxis(codes(), -1, 1) * numbers.first)
    with torch.no_grad():
        y = module.double()(x)
    module.float()
    return np.rint(np.asarray(getattr(y, "value", y)) / numbers.last).astype(np.int64)


# Brevitas has no QCDQ of biases by the new exporter
WAYS = (
    "QONNX, old",
    "QONNX",
    "QCDQ, old",
    "QOperator",
    "torch, old",
    "torch",
    "from_torch, Brevitas",
    "from_torch, plain",
)


@pytest.mark.parametrize("name", WAYS)
def test_the_same_integers(module: nn.Module, expected: NDArray[np.int64], name: str, tmp_path: Path) -> None:
    network = read(module, name, tmp_path / "model.onnx")
    numbers = Numbers(module)
    assert [float(network.quantizer.mul[0]), float(network.quantizer.add[0])] == [1 / numbers.first, 0]
    y = network.run(codes())
    np.testing.assert_array_equal(y, expected)
    assert len(np.unique(y)) > 50
    x = np.moveaxis(codes()[:40], -1, 1) * numbers.first
    assert check_import(network, x).differing == 0
