"""Dense layers. TFC, SFC and LFC of Umuroglu et al., "FINN", FPGA 2017, have 64, 256 and 1024 neurons."""

from __future__ import annotations

from torch import nn

from bnngen.train.architectures import Sizes
from bnngen.train.parts import Parts

RANK = 1


def build(parts: Parts, shape: tuple[int, ...], classes: int, sizes: Sizes) -> nn.Module:
    """``dense_0``, ``dense_1`` ...: product, batch norm, activation; the last one is the product alone."""
    model = parts.start(rank=0)
    add_dense(model, parts, shape[0], sizes.widths, classes)
    return model


def add_dense(model: nn.Sequential, parts: Parts, inputs: int, widths: tuple[int, ...], classes: int) -> None:
    """Append dense layers of these widths, and the one that makes the scores."""
    for index, outputs in enumerate(widths):
        name = f"dense_{index}"
        parts.add(model, name, parts.dense(name, inputs, outputs), outputs)
        inputs = outputs
    name = f"dense_{len(widths)}"
    model.add_module(name, parts.dense(name, inputs, classes, last=True))
