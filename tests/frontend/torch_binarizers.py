"""Binarized and low-bit networks as people write them in plain torch, one class a style."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Function = Callable[[Tensor], Tensor]


def where_ge(x: Tensor) -> Tensor:
    """BinaryConnect's deterministic binarizer."""
    return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))


def where_numbers(x: Tensor) -> Tensor:
    """With numbers of Python."""
    return torch.where(x > 0, 1.0, -1.0)


def ge_float(x: Tensor) -> Tensor:
    """Arithmetic on a comparison."""
    return (x >= 0).float() * 2 - 1


def gt_reversed(x: Tensor) -> Tensor:
    """The comparison as the second factor."""
    return 2.0 * (x > 0) - 1.0


def ge_to_dtype(x: Tensor) -> Tensor:
    """A method, and the type of the tensor."""
    return x.ge(0).to(x.dtype) * 2 - 1


def one_minus_lt(x: Tensor) -> Tensor:
    """One less twice what is below 0."""
    return 1 - 2 * x.lt(0).float()


def not_lt_int(x: Tensor) -> Tensor:
    """Logic, and whole numbers in between."""
    return ((~(x < 0)).int() * 2 - 1).float()


def sign_plus_epsilon(x: Tensor) -> Tensor:
    """A sign that never sees 0 on a grid of coarser numbers."""
    return torch.sign(x + 2.0**-20)


def detach_ste(x: Tensor) -> Tensor:
    """x + (b - x), of which b is left."""
    return x + (where_ge(x) - x).detach()


def detach_ste_reversed(x: Tensor) -> Tensor:
    """(b - x) + x."""
    return (where_ge(x) - x).detach() + x


def clamp_ste(x: Tensor) -> Tensor:
    """b - clip + clip, as in ReActNet."""
    clipped = torch.clamp(x, -1.0, 1.0)
    return where_ge(x).detach() - clipped.detach() + clipped


def hardtanh_ste(x: Tensor) -> Tensor:
    """The clip computed twice."""
    return functional.hardtanh(x) + (where_ge(x) - functional.hardtanh(x)).detach()


def tanh_ste(x: Tensor) -> Tensor:
    """A soft function around the hard one."""
    soft = torch.tanh(3.0 * x)
    return soft + where_ge(x).detach() - soft.detach()


def react_ste(x: Tensor) -> Tensor:
    """Bi-Real Net's polynomial pieces, which cancel."""
    mask1, mask2, mask3 = (x < -1).float(), (x < 0).float(), (x < 1).float()
    out1 = (-1) * mask1 + (x * x + 2 * x) * (1 - mask1)
    out2 = out1 * mask2 + (-x * x + 2 * x) * (1 - mask2)
    out3 = out2 * mask3 + 1 * (1 - mask3)
    return where_ge(x).detach() - out3.detach() + out3


class _Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grad * (x.abs() <= 1)


def autograd_function(x: Tensor) -> Tensor:
    """A function with its own gradient."""
    result: Tensor = _Sign.apply(x)
    return result


def plain(w: Tensor) -> Tensor:
    """Weights that are binarized and no more."""
    return where_ge(w)


def mean_alpha(w: Tensor) -> Tensor:
    """XNOR-Net: the mean of the absolute values of each output."""
    alpha = w.abs().mean(dim=tuple(range(1, w.dim())), keepdim=True)
    return where_ge(w) * alpha


def nested_mean_alpha(w: Tensor) -> Tensor:
    """ReActNet: means of means, and a residue of a clip."""
    alpha = torch.mean(w.abs(), dim=1, keepdim=True).detach()
    for axis in range(2, w.dim()):
        alpha = torch.mean(alpha, dim=axis, keepdim=True)
    hard = alpha * torch.sign(w)
    clipped = torch.clamp(w, -1.0, 1.0)
    return hard.detach() - clipped.detach() + clipped


def norm_alpha(w: Tensor) -> Tensor:
    """The first XNOR-Net in torch: norm(1)/n, on centred and clamped weights."""
    centred = (w - w.mean(1, keepdim=True)).clamp(-1.0, 1.0)
    n = centred[0].numel()
    alpha = centred.flatten(1).norm(1, 1).div(n).reshape(-1, *(1,) * (w.dim() - 1))
    return centred.sign() * alpha


def whole_mean_alpha(w: Tensor) -> Tensor:
    """DoReFa with one bit: one scale for all, and a sign of a quotient."""
    scale = w.abs().mean().detach()
    return torch.sign(w / scale) * scale


def ternary(w: Tensor) -> Tensor:
    """TWN: a threshold of 0.7 of the mean, and the mean of what is above."""
    rows = w.flatten(1)
    delta = 0.7 * rows.abs().mean(1, keepdim=True)
    mask = (rows.abs() > delta).float()
    alpha = (rows.abs() * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True)
    return (alpha * mask * rows.sign()).reshape(w.shape)


def ternary_where(w: Tensor) -> Tensor:
    """Two comparisons, one in the other."""
    t = 0.05
    return torch.where(
        w > t, torch.ones_like(w), torch.where(w < -t, -torch.ones_like(w), torch.zeros_like(w))
    )


def dorefa(bits: int) -> Function:
    """tanh, the greatest one, and rounding."""

    def quantize(w: Tensor) -> Tensor:
        n = float(2**bits - 1)
        t = torch.tanh(w)
        t = t / t.abs().max() * 0.5 + 0.5
        return 2 * torch.round(t * n) / n - 1

    return quantize


def uniform(bits: int) -> Function:
    """Symmetric, a scale for each output."""

    def quantize(w: Tensor) -> Tensor:
        n = 2 ** (bits - 1) - 1
        scale = w.flatten(1).abs().amax(1).reshape(-1, *(1,) * (w.dim() - 1)) / n
        q = torch.clamp(torch.round(w / scale), -n, n) * scale
        return w + (q - w).detach()

    return quantize


def levels(bits: int) -> Function:
    """DoReFa's activations: round(clamp(x) * n) / n."""

    def quantize(x: Tensor) -> Tensor:
        n = float(2**bits - 1)
        return torch.round(torch.clamp(x, 0.0, 1.0) * n) / n

    return quantize


def clamped_levels(bits: int, scale: float) -> Function:
    """Fake quantisation: clamp(round(x / s)) * s, with a residue."""

    def quantize(x: Tensor) -> Tensor:
        q = torch.clamp(torch.round(x / scale), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) * scale
        return x + (q - x).detach()

    return quantize


def zero_point_levels(x: Tensor) -> Tensor:
    """With a zero point between rounding and clip."""
    return (torch.clamp(torch.round(x / 0.125) + 3, 0, 15) - 3) * 0.125


def floor_levels(x: Tensor) -> Tensor:
    """Half up, by a floor."""
    return torch.floor(torch.clamp(x, 0, 1) * 7 + 0.5) / 7


def soft_levels(function: Function) -> Function:
    """A smooth or bent function in front of a quantiser of 3 bits."""
    return lambda x: torch.round(torch.clamp(function(x), -1.0, 1.0) * 3) / 3


class Linear(nn.Linear):
    """A dense layer whose weights go through a function."""

    def __init__(self, inputs: int, outputs: int, weights: Function, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=bias)
        self.of_weights = weights

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.of_weights(self.weight), self.bias)


class Conv(nn.Conv2d):
    """A convolution whose weights go through a function."""

    def __init__(self, inputs: int, outputs: int, weights: Function, **options: Any) -> None:
        super().__init__(inputs, outputs, 3, bias=False, **options)
        self.of_weights = weights

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(
            x, self.of_weights(self.weight), None, self.stride, self.padding, 1, self.groups
        )


class Apply(nn.Module):
    """A function as a layer."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def with_statistics(model: nn.Module, seed: int = 0) -> nn.Module:
    """Batch norms as after training, some gammas below 0."""
    torch.manual_seed(seed)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 0.6, 0.5)
            nn.init.normal_(layer.bias, 0.0, 0.3)
            nn.init.normal_(layer.running_mean, 0.0, 0.3)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
    return model.eval()


def mlp(act: Function, weights: Function, first: Function | None = None) -> nn.Module:
    """Three dense layers with batch norms."""
    torch.manual_seed(1)
    return with_statistics(
        nn.Sequential(
            Apply(first or act),
            Linear(24, 16, weights),
            nn.BatchNorm1d(16),
            Apply(act),
            Linear(16, 12, weights),
            nn.BatchNorm1d(12),
            Apply(act),
            Linear(12, 5, weights, bias=True),
        )
    )


def cnn(act: Function, weights: Function, first: Function | None = None) -> nn.Module:
    """Two convolutions, padded, one of them depthwise, a pool, and a dense layer."""
    torch.manual_seed(2)
    return with_statistics(
        nn.Sequential(
            Apply(first or act),
            Conv(2, 4, weights, padding=1),
            nn.BatchNorm2d(4),
            nn.MaxPool2d(2),
            Apply(act),
            Conv(4, 4, weights, padding=1, groups=4),
            nn.BatchNorm2d(4),
            Apply(act),
            nn.Flatten(),
            Linear(64, 5, weights),
        )
    )


class Residual(nn.Module):
    """A residual network: what is added is quantised on both branches."""

    def __init__(self, act: Function, weights: Function) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = (Conv(4, 4, weights, padding=1) for _ in range(2))
        self.norms = nn.ModuleList(nn.BatchNorm2d(4) for _ in range(2))
        self.last = Linear(64, 5, weights)
        self.act = act
        with_statistics(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(x)
        y = self.act(self.norms[0](self.first(x)))
        y = self.act(self.norms[1](self.second(y))) + x
        return self.last(self.act(y).flatten(1))


FLAT, MAP = (24,), (2, 8, 8)
HARD: dict[str, Function] = {
    f.__name__: f
    for f in (
        where_ge,
        where_numbers,
        ge_float,
        gt_reversed,
        ge_to_dtype,
        one_minus_lt,
        not_lt_int,
        sign_plus_epsilon,
        detach_ste,
        detach_ste_reversed,
        clamp_ste,
        hardtanh_ste,
        tanh_ste,
        react_ste,
        autograd_function,
    )
}
WEIGHTS = {
    f.__name__: f
    for f in (mean_alpha, nested_mean_alpha, norm_alpha, whole_mean_alpha, ternary, ternary_where)
} | {
    "dorefa1": dorefa(1),
    "dorefa2": dorefa(2),
    "dorefa3": dorefa(3),
    "uniform4": uniform(4),
    "uniform8": uniform(8),
}
LEVELS: dict[str, Function] = {
    "levels1": levels(1),
    "levels2": levels(2),
    "levels3": levels(3),
    "levels8": levels(8),
    "clamped4": clamped_levels(4, 0.25),
    "clamped8": clamped_levels(8, 0.03),
    "zero_point": zero_point_levels,
    "floor": floor_levels,
    "tanh": soft_levels(torch.tanh),
    "sigmoid": soft_levels(lambda x: torch.sigmoid(x) * 2 - 1),
    "hardtanh": soft_levels(functional.hardtanh),
    "relu6": soft_levels(lambda x: functional.relu6(x) / 3 - 1),
    "hardsigmoid": soft_levels(functional.hardsigmoid),
    "leaky": soft_levels(lambda x: functional.leaky_relu(x, 0.1)),
    "softsign": soft_levels(functional.softsign),
    "elu": soft_levels(functional.elu),
    "selu": soft_levels(functional.selu),
    "celu": soft_levels(lambda x: functional.celu(x, 0.75)),
    "softplus": soft_levels(functional.softplus),
    "where_leaky": soft_levels(lambda x: torch.where(x > 0, x, 0.25 * x)),
    "where_relu": soft_levels(lambda x: torch.where(x >= 0, x, torch.zeros_like(x))),
}
GRID = clamped_levels(6, 1 / 16)
"""A quantiser for inputs of networks whose own one is soft."""


def styles() -> dict[str, tuple[nn.Module, tuple[int, ...]]]:
    """All networks, by name, with the shape of a frame."""
    found: dict[str, tuple[nn.Module, tuple[int, ...]]] = {}
    for name, act in HARD.items():
        found[f"mlp_{name}"] = mlp(act, act), FLAT
    for name in ("where_ge", "gt_reversed", "clamp_ste", "autograd_function"):
        found[f"cnn_{name}"] = cnn(HARD[name], HARD[name]), MAP
    for name, weights in WEIGHTS.items():
        found[f"mlp_{name}"] = mlp(where_ge, weights), FLAT
        if name in ("mean_alpha", "nested_mean_alpha", "norm_alpha", "ternary", "dorefa2", "uniform4"):
            found[f"cnn_{name}"] = cnn(where_ge, weights), MAP
    for name, act in LEVELS.items():
        soft = name not in (
            "levels1",
            "levels2",
            "levels3",
            "levels8",
            "clamped4",
            "clamped8",
            "zero_point",
            "floor",
        )
        found[f"mlp_{name}"] = mlp(act, plain, GRID if soft else None), FLAT
    for name in ("levels2", "clamped4", "tanh", "leaky"):
        found[f"cnn_{name}"] = cnn(LEVELS[name], dorefa(2), GRID), MAP
    found["mlp_prelu"] = (
        mlp(soft_levels(lambda x: functional.prelu(x, torch.full((1,), 0.25))), plain, GRID),
        FLAT,
    )
    found["residual_levels2"] = Residual(LEVELS["levels2"], dorefa(2)), (4, 4, 4)
    found["residual_where"] = Residual(where_ge, mean_alpha), (4, 4, 4)
    return found
