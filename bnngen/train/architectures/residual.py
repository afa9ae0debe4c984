"""A residual network (He et al., 2016) with sums of small integers around binarized convolutions.

The short way around each single convolution is that of Liu et al., "Bi-Real Net", ECCV 2018.
"""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.architectures import Sizes
from bnngen.train.parts import Parts

RANK = 3

GRID_BITS, GRID_STEP = 4, 0.25
"""The integers that are added up: batch norms have deviation 1, so that these reach -2 to 1.75."""


class Block(nn.Module):
    """A convolution of the activation, and a short way around it: none, or 1 x 1 where the size changes."""

    def __init__(self, parts: Parts, name: str, inputs: int, outputs: int, stride: int, sizes: Sizes) -> None:
        super().__init__()
        self.activation = parts.activation(name, inputs, rank=2)
        self.far = nn.Sequential(
            parts.conv(name, 2, inputs, outputs, sizes.kernel, stride, sizes.padding),
            parts.norm(outputs, rank=2),
            parts.grid(GRID_BITS, GRID_STEP),
        )
        self.near = None
        if (inputs, stride) != (outputs, 1):
            self.near = nn.Sequential(
                parts.conv(f"{name}_near", 2, inputs, outputs, 1, stride),
                parts.norm(outputs, rank=2),
                parts.grid(GRID_BITS, GRID_STEP),
            )

    def forward(self, x: Tensor) -> Tensor:
        """x (N, C, H, W) to the sum of both ways."""
        active = self.activation(x)
        return self.far(active) + (x if self.near is None else self.near(active))


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``stem``, then ``block_k_0`` and ``block_k_1`` for each width; all but the first halve the map."""
    inputs = sizes.widths[0]
    model = parts.start(rank=2)
    model.add_module("stem", parts.conv("stem", 2, shape[0], inputs, sizes.kernel, padding=sizes.padding))
    model.add_module("stem_norm", parts.norm(inputs, rank=2))
    model.add_module("stem_grid", parts.grid(GRID_BITS, GRID_STEP))
    for index, width in enumerate(sizes.widths):
        for number, stride in enumerate((1 if index == 0 else 2, 1)):
            name = f"block_{index}_{number}"
            model.add_module(name, Block(parts, name, inputs, width, stride, sizes))
            inputs = width
    add_mean(model, parts, inputs, classes)
    return model


def add_mean(model: nn.Sequential, parts: Parts, channels: int, classes: int) -> None:
    """Append the mean of each map, and the layer that makes the scores."""
    model.add_module("mean", nn.AdaptiveAvgPool2d(1))
    model.add_module("mean_grid", parts.grid(GRID_BITS, GRID_STEP))
    model.add_module("flatten", nn.Flatten())
    model.add_module("dense_0", parts.dense("dense_0", channels, classes, last=True))
