"""bnngen.from_torch: modules as they are become the same integers as their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import bnngen
from bnngen.base.errors import ModelError, ModelFileError
from bnngen.import_check.check import check_import
from bnngen.reference.data_file import quantize
from bnngen.reference.network import Network
from bnngen.train.brevitas_import import (
    SignedBinaryActPerTensorConst,
    SignedBinaryWeightPerTensorConst,
    export_qonnx,
    qnn,
)

pytestmark = pytest.mark.train


def sign() -> nn.Module:
    return qnn.QuantIdentity(act_quant=SignedBinaryActPerTensorConst)


def dense(inputs: int, outputs: int) -> nn.Module:
    return qnn.QuantLinear(inputs, outputs, bias=False, weight_quant=SignedBinaryWeightPerTensorConst)


class Net(nn.Module):
    """A small network with named layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.features = sign(), nn.Sequential(dense(12, 8), nn.BatchNorm1d(8), sign())
        self.head = dense(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(self.first(x)))


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    made = Net()
    made.features[1].running_mean.uniform_(-3, 3)
    with torch.no_grad():
        made.features[1].weight[::2] *= -1
    return made


def outputs(network: Network, x: np.ndarray) -> np.ndarray:
    return network.host.real_outputs(network.run(quantize(x, network)))


def test_the_integers_of_its_file_and_of_itself(module: nn.Module, tmp_path: Path) -> None:
    network = bnngen.from_torch(module, torch.zeros(1, 12))
    x = np.random.default_rng(0).normal(size=(50, 12))
    export_qonnx(module.eval(), torch.zeros(1, 12), export_path=str(tmp_path / "m.onnx"), dynamo=False)
    by_file = bnngen.load(tmp_path / "m.onnx")
    np.testing.assert_array_equal(network.run(quantize(x, network)), by_file.run(quantize(x, by_file)))
    with torch.no_grad():
        expected = module.double()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(outputs(network, x), expected, rtol=1e-6)
    assert check_import(network, x).frames == 50


def test_layers_bear_their_names_and_the_source_is_a_file(module: nn.Module, tmp_path: Path) -> None:
    network = bnngen.from_torch(module, torch.zeros(1, 12))
    assert [layer.name for layer in network.layers] == ["features.0", "head"]
    assert network.source is not None
    assert network.source.name == "Net.onnx"
    (tmp_path / "copy.onnx").write_bytes(network.source.contents)
    assert [layer.name for layer in bnngen.load(tmp_path / "copy.onnx").layers] == ["features.0", "head"]


def test_the_class_alone(module: nn.Module) -> None:
    network = bnngen.from_torch(module, torch.zeros(1, 12), output="class")
    assert network.class_index
    assert network.source is not None
    assert network.source.output == "class"


def test_a_refusal_names_the_modules_layer(module: nn.Module) -> None:
    made = nn.Sequential(module, nn.Softplus(), dense(3, 2))
    with pytest.raises(ModelError, match=r"^layer '1'"):
        bnngen.from_torch(made, torch.zeros(1, 12))


def test_a_module_that_no_exporter_takes() -> None:
    with pytest.raises(
        ModelFileError, match=r"^the module Linear can't be exported to ONNX: mat1 and mat2 shapes"
    ):
        bnngen.from_torch(nn.Linear(3, 2), torch.zeros(1, 5))


class TwoHeads(nn.Module):
    """One network that ends twice. Sums of eleven signs are never 0."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.left, self.right = (
            nn.Sequential(sign(), dense(11, 8), sign()),
            dense(8, 3),
            dense(8, 2),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.body(x)
        return self.left(x), self.right(x)


@pytest.mark.filterwarnings("ignore")  # of Brevitas and torch, at the export
def test_one_of_several_ends() -> None:
    module, example = TwoHeads(), torch.zeros(1, 11)
    with pytest.raises(ModelError, match="the network has 2 outputs"):
        bnngen.from_torch(module, example)
    network = bnngen.from_torch(module, example, cut_at="left")
    x = torch.randn(20, 11)
    assert np.allclose(outputs(network, x.numpy()), module.eval()(x)[0].detach().numpy(), atol=1e-5)
