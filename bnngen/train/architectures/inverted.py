"""Inverted bottlenecks: Sandler et al., "MobileNetV2", CVPR 2018, with sums of small integers."""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.architectures import Sizes
from bnngen.train.ends import GRID_BITS, GRID_STEP, add_mean
from bnngen.train.parts import Parts

RANK = 3
EXPAND = 2


class Bottleneck(nn.Module):
    """A 1 x 1 convolution to ``inner`` channels, a depthwise one, and one back; what comes in is added where
    the size stays."""

    def __init__(
        self, parts: Parts, name: str, channels: tuple[int, int, int], stride: int, window: dict[str, int]
    ) -> None:
        super().__init__()
        inputs, inner, outputs = channels
        self.activation = parts.activation(name, inputs, rank=2)
        far = nn.Sequential()
        parts.add(far, f"{name}_wide", parts.conv(f"{name}_wide", 2, inputs, inner, 1), inner, rank=2)
        depth = parts.conv(f"{name}_depth", 2, inner, inner, stride=stride, groups=inner, **window)
        parts.add(far, f"{name}_depth", depth, inner, rank=2)
        far.add_module("narrow", parts.conv(f"{name}_narrow", 2, inner, outputs, 1))
        far.add_module("norm", parts.norm(outputs, rank=2))
        far.add_module("grid", parts.grid(GRID_BITS, GRID_STEP))
        self.far = far
        self.adds = (inputs, stride) == (outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) to the sum of both ways."""
        far = self.far(self.activation(x))
        return far + x if self.adds else far


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``stem``, then ``block_k_0``, ``block_k_1`` ... for each width; each but the first halves the map."""
    depths = sizes.stages(1)
    windows, expansions = sizes.windows(sum(depths)), sizes.expansions(sum(depths), EXPAND)
    inputs = sizes.widths[0]
    model = parts.start(rank=2)
    stem = parts.conv("stem", 2, shape[0], inputs, sizes.kernel, padding=sizes.padding)
    model.add_module("stem", stem)
    model.add_module("stem_norm", parts.norm(inputs, rank=2))
    model.add_module("stem_grid", parts.grid(GRID_BITS, GRID_STEP))
    blocks = iter(zip(windows, expansions, strict=True))
    for stage, (width, depth) in enumerate(zip(sizes.widths, depths, strict=True)):
        for number in range(depth):
            name, (window, expansion) = f"block_{stage}_{number}", next(blocks)
            stride = 2 if stage and not number else 1
            channels = inputs, expansion * inputs, width
            model.add_module(name, Bottleneck(parts, name, channels, stride, window))
            inputs = width
    add_mean(model, parts, inputs, classes)
    return model
