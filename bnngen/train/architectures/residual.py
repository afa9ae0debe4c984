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
        active = self.activation(x)
        return self.far(active) + (x if self.near is None else self.near(active))


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``stem``, then ``block_k_0`` and ``block_k_1`` for each width; all but the first halve the map."""
    inputs = sizes.widths[0]
    model = nn.Sequential(
        parts.input(rank=2),
        parts.conv("stem", 2, shape[0], inputs, sizes.kernel, padding=sizes.padding),
        parts.norm(inputs, rank=2),
        parts.grid(GRID_BITS, GRID_STEP),
    )
    for index, width in enumerate(sizes.widths):
        model.append(Block(parts, f"block_{index}_0", inputs, width, 1 if index == 0 else 2, sizes))
        model.append(Block(parts, f"block_{index}_1", width, width, 1, sizes))
        inputs = width
    model.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), parts.grid(GRID_BITS, GRID_STEP), nn.Flatten()))
    model.append(parts.dense("dense_0", inputs, classes, last=True))
    return model
