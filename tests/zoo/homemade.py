"""Home-made networks: binarizers, latent and scaled weights, few-bit quantisers as people write them in plain torch."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.zoo.kinds import TORCH, kind
from tests.zoo.parts import (
    Cnn,
    Do,
    Function,
    Mlp,
    conv1d,
    conv2d,
    dorefa_weights,
    frozen,
    levels,
    linear,
    scaled_where,
    signed,
    where,
)

PLUS = {"sign_of_zero": "plus"}


@kind("MLP, torch.where", TORCH, 24)
def mlp_where() -> nn.Module:
    return Mlp(where)


@kind("MLP, torch.where with tensors of ones", TORCH, 24)
def mlp_where_ones() -> nn.Module:
    return Mlp(lambda x: torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x)))


@kind("MLP, greater than zero", TORCH, 24)
def mlp_greater() -> nn.Module:
    return Mlp(lambda x: torch.where(x > 0, 1.0, -1.0))


@kind("MLP, comparison times 2 minus 1", TORCH, 24)
def mlp_ge_mul() -> nn.Module:
    return Mlp(lambda x: (x >= 0).float() * 2 - 1)


@kind("MLP, comparison less than, flipped", TORCH, 24)
def mlp_less() -> nn.Module:
    return Mlp(lambda x: 1 - 2 * (x < 0).to(x.dtype))


@kind("MLP, torch.sign", TORCH, 24, options=PLUS)
def mlp_sign() -> nn.Module:
    return Mlp(torch.sign)


@kind("MLP, sign moved off zero", TORCH, 24)
def mlp_sign_twice() -> nn.Module:
    return Mlp(lambda x: torch.sign(torch.sign(x) + 0.1))


@kind("MLP, straight-through residue", TORCH, 24)
def mlp_residue() -> nn.Module:
    return Mlp(lambda x: x + (where(x) - x).detach())


@kind("MLP, straight-through residue of sign", TORCH, 24, options=PLUS)
def mlp_sign_residue() -> nn.Module:
    return Mlp(lambda x: (torch.sign(x) - x).detach() + x)


@kind("MLP, clamp minus clamp", TORCH, 24)
def mlp_clamp_residue() -> nn.Module:
    def binarize(x: Tensor) -> Tensor:
        held = torch.clamp(x, -1, 1)
        return (where(x) - held).detach() + held

    return Mlp(binarize)


class Binarize(torch.autograd.Function):
    """As most repositories write it."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(context: Any, *grads: Any) -> Any:
        (x,) = context.saved_tensors
        return grads[0] * (x.abs() <= 1)


@kind("MLP, autograd.Function", TORCH, 24)
def mlp_function() -> nn.Module:
    return Mlp(Binarize.apply)


@kind("MLP, hard tanh in front of the binarizer", TORCH, 24)
def mlp_hardtanh() -> nn.Module:
    return Mlp(lambda x: where(functional.hardtanh(x)), where)


@kind("MLP, hard tanh's polynomial residue (Bi-Real Net)", TORCH, 24)
def mlp_polynomial() -> nn.Module:
    def binarize(x: Tensor) -> Tensor:
        held = torch.clamp(x, -1, 1)
        soft = torch.where(held < 0, held * (2 + held), held * (2 - held))
        return soft + (where(x) - soft).detach()

    return Mlp(binarize)


@kind("MLP, binary 0 and 1", TORCH, 24)
def mlp_zero_one() -> nn.Module:
    return Mlp(lambda x: (x > 0).float())


@kind("MLP, alpha a row (XNOR-Net)", TORCH, 24)
def mlp_alpha() -> nn.Module:
    return Mlp(where, scaled_where)


@kind("MLP, alpha a row, biases", TORCH, 24)
def mlp_alpha_bias() -> nn.Module:
    return Mlp(where, scaled_where, bias=True)


@kind("MLP, binary weights alone (BinaryConnect), 4-bit activations", TORCH, 24)
def binary_connect() -> nn.Module:
    return Mlp(levels(4), where, signed(8, 1 / 32))


@kind("MLP, ternary weights a threshold", TORCH, 24)
def ternary() -> nn.Module:
    def weights(w: Tensor) -> Tensor:
        delta = 0.7 * w.abs().mean()
        kept = (w.abs() > delta).float()
        return (w.abs() * kept).sum() / kept.sum() * torch.sign(w) * kept

    return Mlp(where, weights)


@kind("MLP, ternary activations", TORCH, 24)
def ternary_activations() -> nn.Module:
    return Mlp(lambda x: torch.round(torch.clamp(x, -1, 1)))


@kind("MLP, DoReFa 1 bit", TORCH, 24)
def dorefa_1() -> nn.Module:
    return Mlp(levels(1), scaled_where, levels(8))


@kind("MLP, DoReFa 2 bits", TORCH, 24)
def dorefa_2() -> nn.Module:
    return Mlp(levels(2), dorefa_weights(2), levels(8))


@kind("CNN, DoReFa 3 bits", TORCH, 3, 8, 8)
def dorefa_3() -> nn.Module:
    return Cnn(levels(3), dorefa_weights(3), levels(8))


@kind("MLP, round(clamp(x) n)/n with a residue", TORCH, 24)
def rounded_residue() -> nn.Module:
    def quantize(x: Tensor) -> Tensor:
        held = torch.clamp(x, 0, 1)
        return held + (torch.round(held * 15) / 15 - held).detach()

    return Mlp(quantize, where)


@kind("MLP, floor", TORCH, 24)
def floored() -> nn.Module:
    return Mlp(lambda x: torch.clamp(torch.floor(x * 4 + 0.5), -8, 7) / 4, where)


class Pact(nn.Module):
    """ReLU that is cut at a trained height."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(1.7))

    def forward(self, x: Tensor) -> Tensor:
        held = 0.5 * (x.abs() - (x - self.alpha).abs() + self.alpha)
        return torch.round(held * 15 / self.alpha) * self.alpha / 15


@kind("MLP, PACT", TORCH, 24)
def pact() -> nn.Module:
    return Mlp(Pact(), dorefa_weights(4), signed(8, 1 / 32))


class Lsq(nn.Module):
    """A trained step (LSQ)."""

    def __init__(self, lo: int, hi: int, step: float) -> None:
        super().__init__()
        self.step, self.lo, self.hi = nn.Parameter(torch.tensor(step)), lo, hi

    def forward(self, x: Tensor) -> Tensor:
        v = torch.clamp(x / self.step, self.lo, self.hi)
        return (v + (torch.round(v) - v).detach()) * self.step


@kind("MLP, LSQ 4 bits", TORCH, 24)
def lsq() -> nn.Module:
    return Mlp(Lsq(0, 15, 0.11), Lsq(-7, 7, 0.03), Lsq(-128, 127, 0.021))


@kind("MLP, torch.fake_quantize_per_tensor_affine", TORCH, 24)
def fake_quantize() -> nn.Module:
    def act(x: Tensor) -> Tensor:
        return torch.fake_quantize_per_tensor_affine(x, 0.05, 128, 0, 255)

    return Mlp(act, lambda w: torch.fake_quantize_per_tensor_affine(w, 0.004, 0, -128, 127))


@kind("MLP, stored signs", TORCH, 24)
def stored() -> nn.Module:
    return frozen(Mlp(where))


@kind("MLP, stored signs, biases", TORCH, 24)
def stored_bias() -> nn.Module:
    return frozen(Mlp(where, bias=True))


@kind("CNN, torch.where", TORCH, 3, 8, 8)
def cnn_where() -> nn.Module:
    return Cnn(where)


@kind("CNN, stored signs", TORCH, 3, 8, 8)
def cnn_stored() -> nn.Module:
    return frozen(Cnn(where))


@kind("CNN, alpha a row (XNOR-Net)", TORCH, 3, 8, 8)
def cnn_alpha() -> nn.Module:
    return Cnn(where, scaled_where)


@kind("CNN, 8-bit input, average pool", TORCH, 3, 8, 8)
def cnn_average() -> nn.Module:
    return Cnn(levels(2), where, signed(8, 1 / 32), nn.AvgPool2d(2))


class Residual(nn.Module):
    """A block whose two ways are on one grid."""

    def __init__(self, act: Function, grid: Function, stored_signs: bool = False) -> None:
        super().__init__()
        self.conv0, self.bn0 = conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv1, self.bn1 = conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.act, self.grid, self.fc = act, grid, linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.grid(self.bn0(self.conv0(self.act(x))))
        x = x + self.grid(self.bn1(self.conv1(self.act(x))))
        return self.fc(self.act(functional.adaptive_avg_pool2d(x, 1).flatten(1)))


@kind("residual, torch.where", TORCH, 3, 8, 8)
def residual() -> nn.Module:
    return Residual(where, signed(4, 0.25))


@kind("residual, stored signs", TORCH, 3, 8, 8)
def residual_stored() -> nn.Module:
    return frozen(Residual(where, signed(4, 0.25)))


@kind("depthwise separable, torch.where", TORCH, 4, 8, 8)
def depthwise() -> nn.Module:
    return nn.Sequential(
        Do(where),
        conv2d(4, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        Do(where),
        conv2d(8, 8, 3, groups=8, padding=1, stride=2),
        nn.BatchNorm2d(8),
        Do(where),
        conv2d(8, 6, 1),
        nn.BatchNorm2d(6),
        Do(where),
        nn.Flatten(),
        linear(6 * 16, 5),
    )


@kind("grouped, torch.where", TORCH, 4, 8, 8)
def grouped() -> nn.Module:
    return nn.Sequential(
        Do(where),
        conv2d(4, 8, 3, groups=2, padding=1),
        nn.BatchNorm2d(8),
        Do(where),
        nn.MaxPool2d(2),
        conv2d(8, 8, 3, groups=4),
        nn.BatchNorm2d(8),
        Do(where),
        nn.Flatten(),
        linear(8 * 4, 5),
    )


@kind("1-D, torch.where", TORCH, 4, 20)
def one_dimensional() -> nn.Module:
    return nn.Sequential(
        Do(where),
        conv1d(4, 8, 5, padding=2),
        nn.BatchNorm1d(8),
        Do(where),
        nn.MaxPool1d(2),
        conv1d(8, 8, 3, dilation=2),
        nn.BatchNorm1d(8),
        Do(where),
        nn.Flatten(),
        linear(8 * 6, 5),
    )


@kind("1-D, stored signs, depthwise", TORCH, 4, 20)
def one_dimensional_stored() -> nn.Module:
    return frozen(
        nn.Sequential(
            Do(where),
            conv1d(4, 8, 5, groups=4, padding=2),
            nn.BatchNorm1d(8),
            Do(where),
            nn.AdaptiveMaxPool1d(1),
            nn.Flatten(),
            linear(8, 5),
        )
    )


class ReAct(nn.Module):
    """Shifted sign and PReLU a channel (ReActNet), without the real-valued way around."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(0.3 * torch.randn(1, 8, 1, 1))
        self.conv0, self.bn0 = conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv1, self.bn1, self.prelu = (
            conv2d(8, 8, 3, scaled_where, padding=1),
            nn.BatchNorm2d(8),
            nn.PReLU(8),
        )
        self.fc = linear(8 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = where(self.bn0(self.conv0(where(x))) + self.shift)
        x = where(self.prelu(self.bn1(self.conv1(x))) - 0.2)
        return self.fc(functional.max_pool2d(x, 2).flatten(1))


@kind("CNN, shifted sign and PReLU (ReActNet)", TORCH, 3, 8, 8)
def react() -> nn.Module:
    return ReAct()


class BiReal(nn.Module):
    """A real-valued way around a binarized convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0, self.bn0 = conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv1, self.bn1 = conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.fc = linear(8 * 64, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn0(self.conv0(where(x)))
        x = x + self.bn1(self.conv1(where(x)))
        return self.fc(where(x).flatten(1))


@kind("residual of real numbers (Bi-Real Net)", TORCH, 3, 8, 8)
def bireal() -> nn.Module:
    return BiReal()


FUNCTIONS: dict[str, Function] = {
    "ReLU6": nn.ReLU6(),
    "hard tanh": nn.Hardtanh(),
    "hard sigmoid": nn.Hardsigmoid(),
    "leaky ReLU": nn.LeakyReLU(0.1),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "ELU": nn.ELU(),
    "softplus": nn.Softplus(),
}
"""Monotone functions in front of a quantiser."""


def _in_front(function: Function) -> nn.Module:
    grid = signed(4, 0.125)
    return Mlp(lambda x: grid(function(x)), dorefa_weights(3), signed(8, 1 / 32))


for _name, _function in FUNCTIONS.items():
    kind(f"MLP, {_name} in front of a quantiser", TORCH, 24)(partial(_in_front, _function))


@kind("CNN, PReLU in front of a quantiser", TORCH, 3, 8, 8)
def prelu() -> nn.Module:
    grid, slope = signed(4, 0.125), nn.PReLU(8)
    model = Cnn(lambda x: grid(slope(x)), dorefa_weights(3), signed(8, 1 / 32))
    model.add_module("slope", slope)
    return model
