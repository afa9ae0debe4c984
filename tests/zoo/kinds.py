"""The register of the zoo: small networks of every kind that people make, each a few lines.

A network is written into one of the files beside this one, under `kind`. What the functions make is settled here: seeded,
quantisers and batch norms with statistics of data, the latter spread further so that gammas are negative and zero too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

TORCH, BREVITAS, FLOAT = "torch", "Brevitas", "float"
"""What a network is made of: plain torch; Brevitas; plain torch in floats, which ONNX Runtime quantises."""


@dataclass(frozen=True)
class Kind:
    """One network: ``name`` says what is special about it, ``shape`` is that of a frame.

    ``options``: what its user says to bnngen.load (the file leaves it open); ``cut_at`` names a module, for which a file
    has another name. ``quantization``: the arguments of ONNX Runtime's quantize_static. ``batch`` is that of the
    example with which it is exported. ``unlike``: the exporters that write another network than the module, as its
    rounding is none that the format has.
    """

    name: str
    made_of: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)
    quantization: dict[str, Any] = field(default_factory=dict)
    batch: int = 1
    unlike: tuple[str, ...] = ()

    def module(self) -> nn.Module:
        """The network in evaluation mode, the same at each call."""
        torch.manual_seed(zlib.crc32(self.name.encode()))
        return settled(self.build(), self.shape)

    def example(self) -> torch.Tensor:
        """What an exporter is shown."""
        return torch.zeros(self.batch, *self.shape)


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    made_of: str,
    *shape: int,
    batch: int = 1,
    unlike: tuple[str, ...] = (),
    options: dict[str, Any] | None = None,
    quantization: dict[str, Any] | None = None,
) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
    """Registers a function that makes a network for frames of ``shape``."""

    def register(build: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        assert name not in KINDS, name
        KINDS[name] = Kind(name, made_of, build, shape, options or {}, quantization or {}, batch, unlike)
        return build

    return register


def settled(module: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """``module`` as after some training: each statistic is that of random frames, each batch norm scattered around it."""
    module.train()
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            layer.momentum = 0.5
    with torch.no_grad():
        for _ in range(4):
            module(torch.randn(16, *shape))
        for layer in module.modules():
            if isinstance(layer, _BatchNorm):
                _scatter(layer)
    return module.eval()


def _scatter(norm: Any) -> None:
    deviation = norm.running_var.sqrt()
    norm.running_mean += 0.3 * deviation * torch.randn_like(deviation)
    norm.running_var *= torch.empty_like(deviation).uniform_(0.5, 2)
    if norm.affine:
        gamma = torch.empty_like(deviation).uniform_(0.5, 1.5)
        gamma[1::4] *= -1
        gamma[2] = 0 if getattr(norm, "may_vanish", True) else 1
        norm.weight.copy_(gamma)
        norm.bias.copy_(0.3 * torch.randn_like(deviation))
