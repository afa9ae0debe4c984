"""Chains of convolutions that keep the map's size, with pools between them: Simonyan and Zisserman, 2014."""

from __future__ import annotations

from torch import nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures import Sizes
from bnngen.train.ends import add_end
from bnngen.train.parts import Parts

RANK = 3


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``conv_k_0``, ``conv_k_1`` ... for each width, a pool of 2 x 2 behind each but the last.

    Raises RecipeError if nothing is left of the map.
    """
    channels, *places = shape
    depths = sizes.stages(1)
    windows = iter(sizes.windows(sum(depths)))
    model = parts.start(rank=2)
    for stage, (width, depth) in enumerate(zip(sizes.widths, depths, strict=True)):
        for number in range(depth):
            name, window = f"conv_{stage}_{number}", next(windows)
            parts.add(model, name, parts.conv(name, 2, channels, width, **window), width, rank=2)
            channels = width
            places = [n + 2 * window["padding"] - window["kernel"] + 1 for n in places]
        if stage < len(sizes.widths) - 1:
            model.add_module(f"pool_{stage}", nn.MaxPool2d(2))
            places = [n // 2 for n in places]
        if min(places) < 1:
            raise RecipeError(f"nothing of an image of {shape} is left behind {name}", "model.widths")
    add_end(model, parts, (channels, *places), sizes, classes)
    return model
