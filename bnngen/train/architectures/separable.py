"""Depthwise-separable convolutions: Howard et al., "MobileNets", 2017, at few bits."""

from __future__ import annotations

from torch import nn

from bnngen.train.architectures import Sizes
from bnngen.train.architectures.residual import add_mean
from bnngen.train.parts import Parts

RANK = 3


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``stem``, then ``depth_k`` and ``point_k`` for each width; each but the first halves the map."""
    model = parts.start(rank=2)
    inputs = sizes.widths[0]
    _add(model, parts, "stem", shape[0], inputs, kernel=sizes.kernel, padding=sizes.padding)
    for index, width in enumerate(sizes.widths):
        stride = 1 if index == 0 else 2
        depth = {"kernel": sizes.kernel, "padding": sizes.padding, "stride": stride, "groups": inputs}
        _add(model, parts, f"depth_{index}", inputs, inputs, **depth)
        _add(model, parts, f"point_{index}", inputs, width, kernel=1)
        inputs = width
    add_mean(model, parts, inputs, classes)
    return model


def _add(model: nn.Sequential, parts: Parts, name: str, inputs: int, outputs: int, **window: int) -> None:
    parts.add(model, name, parts.conv(name, 2, inputs, outputs, **window), outputs, rank=2)
