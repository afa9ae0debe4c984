"""Convolutions over time, for keywords: each halves the time by a pool; dense layers behind them."""

from __future__ import annotations

from torch import nn

from bnngen.base.errors import RecipeError
from bnngen.train.architectures import Sizes
from bnngen.train.architectures.mlp import add_dense
from bnngen.train.parts import Parts

RANK = 2


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``conv_0``, ``conv_1`` ..., then ``dense_0`` ... Raises RecipeError if nothing is left of the time."""
    channels, length = shape
    model = parts.start(rank=1)
    for index, width in enumerate(sizes.widths):
        name = f"conv_{index}"
        conv = parts.conv(name, 1, channels, width, sizes.kernel, padding=sizes.padding)
        parts.add(model, name, conv, width, rank=1)
        model.add_module(f"pool_{index}", nn.MaxPool1d(2))
        channels, length = width, (length + 2 * sizes.padding - sizes.kernel + 1) // 2
        if length < 1:
            raise RecipeError(f"nothing of {shape[1]} steps is left behind {name}", "model.widths")
    model.add_module("flatten", nn.Flatten())
    add_dense(model, parts, channels * length, sizes.dense, classes)
    return model
