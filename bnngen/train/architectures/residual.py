"""A residual network (He et al., 2016) with sums of small integers around binarized convolutions.

The short way around each single convolution is that of Liu et al., "Bi-Real Net", ECCV 2018.
"""

from __future__ import annotations

from torch import Tensor, nn

from bnngen.train.architectures import Sizes
from bnngen.train.ends import GRID_BITS, GRID_STEP, add_mean
from bnngen.train.parts import Parts

RANK = 3


class Block(nn.Module):
    """A convolution of the activation, and a short way around it: none, or 1 x 1 where the size changes."""

    def __init__(
        self, parts: Parts, name: str, inputs: int, outputs: int, stride: int, window: dict[str, int]
    ) -> None:
        super().__init__()
        self.activation = parts.activation(name, inputs, rank=2)
        self.far = nn.Sequential(
            parts.conv(name, 2, inputs, outputs, stride=stride, **window),
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
    """``stem``, then ``block_k_0``, ``block_k_1`` ... for each width; each but the first halves the map."""
    depths = sizes.stages(2)
    windows = iter(sizes.windows(sum(depths)))
    inputs = sizes.widths[0]
    model = parts.start(rank=2)
    model.add_module("stem", parts.conv("stem", 2, shape[0], inputs, sizes.kernel, padding=sizes.padding))
    model.add_module("stem_norm", parts.norm(inputs, rank=2))
    model.add_module("stem_grid", parts.grid(GRID_BITS, GRID_STEP))
    for stage, (width, depth) in enumerate(zip(sizes.widths, depths, strict=True)):
        for number in range(depth):
            name, stride = f"block_{stage}_{number}", 2 if stage and not number else 1
            model.add_module(name, Block(parts, name, inputs, width, stride, next(windows)))
            inputs = width
    add_mean(model, parts, inputs, classes)
    return model
