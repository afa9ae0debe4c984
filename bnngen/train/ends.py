"""What stands between the last map of a convolutional network and its scores."""

from __future__ import annotations

import math

from torch import nn

from bnngen.train.architectures import Sizes
from bnngen.train.architectures.mlp import add_dense
from bnngen.train.parts import Parts
from bnngen.train.quantizers import RELU_RANGE

GRID_BITS, GRID_STEP = 4, 0.25
"""The integers of sums of branches: batch norms have deviation 1, so that these reach -2 to 1.75."""

_MEANS = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d}


def add_end(model: nn.Sequential, parts: Parts, shape: tuple[int, ...], sizes: Sizes, classes: int) -> None:
    """Append what makes scores of activations of the ``shape`` (C, ...): their mean over each map, or all of
    them, in front of dense layers."""
    channels, *places = shape
    if sizes.end == "mean":
        model.add_module("mean", _MEANS[len(places)](1))
        # a mean of signs is within [-1, 1], one of unsigned activations reaches their range
        limit = 1.0 if parts.table.act_bits == 1 else 2.0 ** math.ceil(math.log2(RELU_RANGE))
        model.add_module("mean_grid", parts.grid(GRID_BITS + 1, limit / 2**GRID_BITS))
        places = [1]
    model.add_module("flatten", nn.Flatten())
    add_dense(model, parts, channels * math.prod(places), sizes.dense, classes)


def add_mean(model: nn.Sequential, parts: Parts, channels: int, classes: int) -> None:
    """Append the mean of each map of integers as `GRID_STEP` makes them, and the layer of the scores."""
    model.add_module("mean", nn.AdaptiveAvgPool2d(1))
    model.add_module("mean_grid", parts.grid(GRID_BITS, GRID_STEP))
    model.add_module("flatten", nn.Flatten())
    model.add_module("dense_0", parts.dense("dense_0", channels, classes, last=True))
