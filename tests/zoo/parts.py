"""What home-made networks are put together from: binarizers, quantisers, layers with latent weights, an MLP and a CNN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Function = Callable[[Tensor], Tensor]


class Do(nn.Module):
    """A function as a module."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def where(x: Tensor) -> Tensor:
    return torch.where(x >= 0, 1.0, -1.0)


def scaled_where(w: Tensor) -> Tensor:
    """XNOR-Net: the mean of each row's absolute values times its signs."""
    axes = tuple(range(1, w.ndim))
    return w.abs().mean(dim=axes, keepdim=True) * where(w)


def levels(bits: int) -> Function:
    """DoReFa's activations: 0 to 1 in steps."""
    n = 2**bits - 1
    return lambda x: torch.round(torch.clamp(x, 0, 1) * n) / n


def dorefa_weights(bits: int) -> Function:
    quantize = levels(bits)

    def weights(w: Tensor) -> Tensor:
        t = torch.tanh(w)
        return 2 * quantize(t / (2 * t.abs().max()) + 0.5) - 1

    return weights


def signed(bits: int, scale: float) -> Function:
    """Signed fixed point, as most write it at the input."""
    half = 2 ** (bits - 1)
    return lambda x: torch.clamp(torch.round(x / scale), -half, half - 1) * scale


def first_norm(features: int) -> nn.Module:
    """A batch norm of the input, which no channel of vanishes: there would be nothing to quantise."""
    made = nn.BatchNorm1d(features)
    made.may_vanish = False
    return made


class Latent(nn.Module):
    """A layer whose weights go through a function each time: Linear, Conv1d, Conv2d, ConvTranspose2d."""

    def __init__(self, layer: Any, function: Function, apply: Callable[..., Tensor], **options: Any) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.function, self.apply_to, self.options = function, apply, options

    def forward(self, x: Tensor) -> Tensor:
        return self.apply_to(x, self.function(self.weight), self.bias, **self.options)


def linear(inputs: int, outputs: int, weights: Function = where, bias: bool = False) -> nn.Module:
    return Latent(nn.Linear(inputs, outputs, bias=bias), weights, functional.linear)


def conv2d(inputs: int, outputs: int, kernel: int, weights: Function = where, **options: Any) -> nn.Module:
    layer = nn.Conv2d(
        inputs, outputs, kernel, groups=options.get("groups", 1), bias=options.pop("bias", False)
    )
    return Latent(layer, weights, functional.conv2d, **options)


def conv1d(inputs: int, outputs: int, kernel: int, weights: Function = where, **options: Any) -> nn.Module:
    layer = nn.Conv1d(
        inputs, outputs, kernel, groups=options.get("groups", 1), bias=options.pop("bias", False)
    )
    return Latent(layer, weights, functional.conv1d, **options)


class Mlp(nn.Module):
    """24-16-12-5; ``first`` quantises the input, ``act`` the rest."""

    def __init__(
        self, act: Function, weights: Function = where, first: Function | None = None, bias: bool = False
    ) -> None:
        super().__init__()
        self.first, self.act = first or act, act
        self.fc1, self.bn1 = linear(24, 16, weights, bias), nn.BatchNorm1d(16)
        self.fc2, self.bn2 = linear(16, 12, weights, bias), nn.BatchNorm1d(12)
        self.fc3 = linear(12, 5, weights, bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.bn1(self.fc1(self.first(x))))
        x = self.act(self.bn2(self.fc2(x)))
        return self.fc3(x)


class Cnn(nn.Module):
    """3 x 8 x 8: two convolutions with batch norms, a pool between them, a dense layer."""

    def __init__(
        self,
        act: Function,
        weights: Function = where,
        first: Function | None = None,
        pool: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.first, self.act = first or act, act
        self.conv1, self.bn1 = conv2d(3, 8, 3, weights, padding=1), nn.BatchNorm2d(8)
        self.pool = pool or nn.MaxPool2d(2)
        self.conv2, self.bn2 = conv2d(8, 8, 3, weights), nn.BatchNorm2d(8)
        self.fc = linear(8 * 4, 5, weights)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.act(self.bn1(self.conv1(self.first(x)))))
        x = self.act(self.bn2(self.conv2(x)))
        return self.fc(x.flatten(1))


def binarised(module: nn.Module) -> nn.Module:
    """The network with its weights as they are stored after training: the signs themselves."""
    for layer in module.modules():
        if isinstance(layer, Latent):
            layer.weight = nn.Parameter(layer.function(layer.weight).detach())
            layer.function = nn.Identity()
    return module


def frozen(module: nn.Module) -> nn.Module:
    """The same with plain layers of torch, which is what many people export."""
    for name, layer in module.named_children():
        setattr(module, name, _plain(layer) if isinstance(layer, Latent) else frozen(layer))
    return module


def _plain(latent: Latent) -> nn.Module:
    weight = latent.function(latent.weight).detach()
    options, groups = dict(latent.options), latent.options.get("groups", 1)
    outputs, inputs, *kernel = weight.shape
    layer: Any
    if not kernel:
        layer = nn.Linear(inputs, outputs, bias=latent.bias is not None)
    else:
        made = nn.Conv2d if len(kernel) == 2 else nn.Conv1d
        layer = made(inputs * groups, outputs, kernel, bias=latent.bias is not None, **options)
    layer.weight = nn.Parameter(weight)
    if latent.bias is not None:
        layer.bias = latent.bias
    return layer
