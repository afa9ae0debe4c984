"""What each output of a dense layer or a convolution reads, as rows of a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

MOST_READINGS = 32_768
"""So many windows are enough to know how the inputs of a convolution go together."""


def windows(
    x: Tensor, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], groups: int
) -> Tensor:
    """The windows of padded maps ``x`` (N, C, ...), the samples outside: (groups, windows, inputs), with the
    inputs in the order of weights (C / groups, kernel)."""
    for axis, (size, stride, dilation) in enumerate(zip(kernel, strides, dilations, strict=True), 2):
        x = x.unfold(axis, (size - 1) * dilation + 1, stride)[..., ::dilation]
    rank = len(kernel)
    x = x.permute(0, *range(2, 2 + rank), 1, *range(2 + rank, x.ndim))
    taps = x[(0,) * (1 + rank)].numel()
    return x.reshape(-1, groups, taps // groups).transpose(0, 1)


def samples_for(places: int) -> int:
    """Of how many samples with so many windows each there are `MOST_READINGS`, or a few more."""
    return -(-MOST_READINGS // max(1, places))


def read_by(layer: nn.Module, x: Tensor) -> Tensor:
    """The inputs of each output of ``layer`` (groups, readings, inputs), for its input ``x`` (N, ...)."""
    if isinstance(layer, nn.Linear):
        return x.reshape(1, -1, x.shape[-1])
    kernel, strides, dilations = layer.kernel_size, layer.stride, layer.dilation
    padded = functional.pad(x, [n for pad in reversed(layer.padding) for n in (pad, pad)])
    return windows(padded, kernel, strides, dilations, layer.groups)
