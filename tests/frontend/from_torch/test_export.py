"""Modules as ONNX files: as they are, in silence, and without a trace of the machine."""

from __future__ import annotations

import copy
import logging
import re
import warnings
from typing import Any

import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from bnngen.base.errors import MissingPackageError, ModelFileError
from bnngen.frontend.from_torch import export as module_under_test
from bnngen.frontend.from_torch.export import export, require_torch
from bnngen.train.brevitas_import import SignedBinaryWeightPerTensorConst, qnn

pytestmark = pytest.mark.train


class Home(nn.Module):
    """A binarized block behind a batch norm, and a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4))
        self.fc = nn.Linear(4 * 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.where(self.body(torch.where(x >= 0, 1.0, -1.0)) >= 0, 1.0, -1.0)
        return self.fc(x.flatten(1))


def quantized() -> nn.Module:
    layers = (
        qnn.QuantConv2d(2, 4, 3, bias=False, weight_bit_width=4),
        nn.BatchNorm2d(4),
        qnn.QuantReLU(bit_width=2),
    )
    last = qnn.QuantLinear(16, 3, bias=False, weight_quant=SignedBinaryWeightPerTensorConst)
    return nn.Sequential(qnn.QuantIdentity(bit_width=8), *layers, nn.Flatten(), last)


MODULES = {"plain": Home, "Brevitas": quantized}
EXAMPLE = torch.zeros(1, 2, 4, 4)


def files(module: nn.Module, example: Tensor = EXAMPLE) -> list[onnx.ModelProto]:
    return [onnx.load_from_string(contents) for contents in export(module, example)]


@pytest.mark.parametrize("name", MODULES)
def test_both_exporters_keep_batch_norms_and_names(name: str) -> None:
    module = MODULES[name]()
    for model in files(module):
        onnx.checker.check_model(model)
        names = {node.name: node.op_type for node in model.graph.node}
        assert names["body.0" if name == "plain" else "1"] == "Conv"
        assert names["body.1" if name == "plain" else "2"] == "BatchNormalization"
        assert names["fc" if name == "plain" else "5"] in ("Gemm", "MatMul")
        assert [i.name for i in model.graph.input] == ["input"]


def test_weights_are_those_of_the_module() -> None:
    module = Home()
    for model in files(module):
        tensors = {t.name: torch.tensor(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
        assert torch.equal(tensors["body.0.weight"], module.body[0].weight)


def state(module: nn.Module) -> dict[str, Any]:
    """All that a user can see of a module."""
    parts = {name: (part.training, sorted(vars(part))) for name, part in module.named_modules()}
    tensors = {
        name: (
            id(t),
            t.requires_grad,
            t.device,
            t.detach().clone(),
            None if t.grad is None else t.grad.clone(),
        )
        for name, t in (*module.named_parameters(), *module.named_buffers())
    }
    return {"parts": parts, "tensors": tensors, "keys": list(module.state_dict())}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return bool(torch.equal(a, b))
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    return same(list(a.items()), list(b.items())) if isinstance(a, dict) else bool(a == b)


@pytest.mark.parametrize("name", MODULES)
def test_the_module_and_the_process_stay_as_they_are(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    module = MODULES[name]().train()
    module(torch.randn(4, 2, 4, 4)).sum().backward()
    next(module.children()).eval()
    before, random = copy.deepcopy(state(module)), torch.get_rng_state()
    before["tensors"] = {
        name: (id(t), *rest)
        for (name, (_, *rest)), t in zip(before["tensors"].items(), _tensors(module), strict=True)
    }
    showing, filters, disabled = (
        torch.get_default_dtype(),
        list(warnings.filters),
        logging.root.manager.disable,
    )
    assert len(files(module)) == 2
    assert same(state(module), before)
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.is_grad_enabled()
    assert (torch.get_default_dtype(), logging.root.manager.disable) == (showing, disabled)
    assert list(warnings.filters) == filters
    assert capfd.readouterr() == ("", "")


def _tensors(module: nn.Module) -> list[Tensor]:
    return [t for _, t in (*module.named_parameters(), *module.named_buffers())]


@pytest.mark.parametrize("name", MODULES)
def test_the_same_bytes_and_nothing_of_the_machine(name: str) -> None:
    torch.manual_seed(0)
    module = MODULES[name]()
    contents = next(export(module, EXAMPLE))
    assert next(export(module, EXAMPLE)) == contents
    assert not re.search(rb"\.py\b|site-packages|Traceback|/home/|/root/|/tmp/|/Users/|[A-Z]:\\", contents)


class Tracing(nn.Module):
    """Only the old exporter can take it: torch.export sees a number that depends on the input."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (1 if float(x.sum()) >= 0 else -1)


class Exploding(nn.Module):
    """Can't be run at all."""

    def forward(self, x: Tensor) -> Tensor:
        return x.view(7, 11)


def test_what_one_exporter_alone_can_take() -> None:
    assert len(files(Tracing())) == 1


def test_a_module_that_cannot_be_exported() -> None:
    message = (
        "the module Exploding can't be exported to ONNX: shape '[7, 11]' is invalid for input of size 32; it has to "
        "run on the example input, by operations of torch alone"
    )
    with pytest.raises(ModelFileError, match=f"^{re.escape(message)}$"):
        files(Exploding())


class Reading(nn.Module):
    """Reads numbers of its input in Python, in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.fc = way, nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.fc(x)
        if self.way == "if":
            return y if x.mean() > 0.5 else -y
        if self.way == "float":
            return y * float(x.abs().max())
        if self.way == "item":
            return y - x.sum().item()
        return y if x.shape[1] == int(torch.tensor(8)) else -y


@pytest.mark.parametrize("way", ["float", "item"])
def test_what_the_example_decides_is_not_baked_in(way: str) -> None:
    """The old exporter would keep what the example's numbers made of it; the new one says it as operators."""
    (contents,) = export(Reading(way), torch.rand(1, 8))
    taken = {node.op_type for node in onnx.load_from_string(contents).graph.node}
    assert taken & {"ReduceMax", "ReduceSum"}


def test_a_branch_that_the_example_decides_is_refused() -> None:
    said = "what it computes depends on the numbers of the example: Converting a tensor to a Python boolean"
    with pytest.raises(ModelFileError, match=said):
        list(export(Reading("if"), torch.rand(1, 8)))


def test_what_python_reads_of_shapes_is_harmless() -> None:
    assert len(list(export(Reading("shape"), torch.rand(1, 8)))) == 2


def test_what_is_no_module_or_no_tensor() -> None:
    with pytest.raises(ModelFileError, match=r"takes a torch.nn.Module, not an object of type int$"):
        next(export(3, EXAMPLE))
    with pytest.raises(ModelFileError, match=r"one torch.Tensor, batch first, not an object of type tuple$"):
        next(export(Home(), (EXAMPLE, EXAMPLE)))


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_under_test, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"^this needs torch: pip install 'bnngen\[train\]'$"):
        require_torch()
