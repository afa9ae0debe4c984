"""Depthwise-separable convolutions: Howard et al., "MobileNets", 2017, at few bits."""

from __future__ import annotations

from torch import nn

from bnngen.train.architectures import Sizes
from bnngen.train.ends import add_mean
from bnngen.train.parts import Parts

RANK = 3


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``stem``, then ``depth_k`` and ``point_k`` for each width, each but the first halving the map; further
    pairs of the same width are ``depth_k_1`` and so on."""
    depths = sizes.stages(1)
    windows = iter(sizes.windows(sum(depths)))
    model = parts.start(rank=2)
    inputs = sizes.widths[0]
    _add(model, parts, "stem", shape[0], inputs, kernel=sizes.kernel, padding=sizes.padding)
    for stage, (width, depth) in enumerate(zip(sizes.widths, depths, strict=True)):
        for number in range(depth):
            name, stride = f"{stage}" + (f"_{number}" if number else ""), 2 if stage and not number else 1
            _add(model, parts, f"depth_{name}", inputs, inputs, stride=stride, groups=inputs, **next(windows))
            _add(model, parts, f"point_{name}", inputs, width, kernel=1)
            inputs = width
    add_mean(model, parts, inputs, classes)
    return model


def _add(model: nn.Sequential, parts: Parts, name: str, inputs: int, outputs: int, **window: int) -> None:
    parts.add(model, name, parts.conv(name, 2, inputs, outputs, **window), outputs, rank=2)
