"""The VGG-like CNV of Umuroglu et al., "FINN", FPGA 2017: pairs of convolutions, then dense layers."""

from __future__ import annotations

from torch import nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures import Sizes
from bnngen.train.architectures.mlp import add_dense
from bnngen.train.parts import Parts

RANK = 3


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``conv_0``, ``conv_1`` ...: two for each width, a pool of 2 x 2 behind each pair but the last.

    Raises RecipeError if nothing is left of the map.
    """
    channels, *map_size = shape
    model = parts.start(rank=2)
    for index, width in enumerate(sizes.widths):
        for half in range(2):
            name = f"conv_{2 * index + half}"
            conv = parts.conv(name, 2, channels, width, sizes.kernel, padding=sizes.padding)
            parts.add(model, name, conv, width, rank=2)
            channels = width
            map_size = [n + 2 * sizes.padding - sizes.kernel + 1 for n in map_size]
        if index < len(sizes.widths) - 1:
            model.add_module(f"pool_{index}", nn.MaxPool2d(2))
            map_size = [n // 2 for n in map_size]
        if min(map_size) < 1:
            raise RecipeError(
                f"nothing of an image of {shape} is left behind {name}; use padding = 1", "model.widths"
            )
    model.add_module("flatten", nn.Flatten())
    add_dense(model, parts, channels * map_size[0] * map_size[1], sizes.dense, classes)
    return model
