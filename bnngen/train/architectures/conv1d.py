"""Convolutions over time, for keywords: a pool halves the time behind each width."""

from __future__ import annotations

from torch import nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures import Sizes
from bnngen.train.ends import add_end
from bnngen.train.parts import Parts

RANK = 2


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``conv_0``, ``conv_1`` ..., one for each width; further ones of the same width are ``conv_0_1`` and so
    on. Then ``dense_0`` ... Raises RecipeError if nothing is left of the time."""
    channels, length = shape
    depths = sizes.stages(1)
    windows = iter(sizes.windows(sum(depths)))
    model = parts.start(rank=1)
    for stage, (width, depth) in enumerate(zip(sizes.widths, depths, strict=True)):
        for number in range(depth):
            name, window = f"conv_{stage}" + (f"_{number}" if number else ""), next(windows)
            parts.add(model, name, parts.conv(name, 1, channels, width, **window), width, rank=1)
            channels, length = width, length + 2 * window["padding"] - window["kernel"] + 1
        model.add_module(f"pool_{stage}", nn.MaxPool1d(2))
        length //= 2
        if length < 1:
            raise RecipeError(f"nothing of {shape[1]} steps is left behind {name}", "model.widths")
    add_end(model, parts, (channels, length), sizes, classes)
    return model
