"""The layers that architectures are made of, each with the bits that the recipe gives it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bnngen.base.errors import RecipeError
from bnngen.base.text import near_names
from bnngen.train.brevitas_import import qnn
from bnngen.train.estimators.sign import Estimator
from bnngen.train.inputs import InputCode
from bnngen.train.quantizers import (
    bipolar_activation,
    relu_activation,
    signed_activation,
    symmetric_activation,
    weight_quantizer,
)
from bnngen.train.recipe import FLOAT, LayerTable, ModelTable

_CONVOLUTIONS = {1: (qnn.QuantConv1d, nn.Conv1d), 2: (qnn.QuantConv2d, nn.Conv2d)}
_NORMS = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d}


class ChannelAffine(nn.Module):
    """mul*x + add with constants for each channel, which the importer gives to the host."""

    def __init__(self, mul: Tensor, add: Tensor) -> None:
        super().__init__()
        self.register_buffer("mul", mul, persistent=False)
        self.register_buffer("add", add, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x times the scale, plus the offset."""
        return x * self.mul + self.add


class Shift(nn.Module):
    """A learned shift for each channel in front of a sign, which moves its threshold.

    RSign of Liu et al., "ReActNet", ECCV 2020. It folds into the integer threshold.
    """

    def __init__(self, channels: int, rank: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(channels, *(1,) * rank))

    def forward(self, x: Tensor) -> Tensor:
        """x plus the offset."""
        return x + self.shift


class Parts:
    """Makes the layers of one network. Layers are named as in the recipe's ``[model.layers]``.

    ``least_bits`` is for warm starts: layers of fewer bits get so many, and signed activations in place of
    bipolar ones. The ``rank`` of a layer is how many axes a channel has: 0 in vectors, 1 in (C, L), 2 in
    (C, H, W).
    """

    def __init__(
        self,
        table: ModelTable,
        code: InputCode,
        act: Estimator,
        weight: Estimator,
        least_bits: int = 1,
        dropout: float = 0.0,
    ) -> None:
        self.table = table
        self.code = code
        self.dropout = dropout
        self._act, self._weight = act, weight
        self._least = least_bits
        self._named: set[str] = set()

    def start(self, rank: int) -> nn.Sequential:
        """A network that so far has its input."""
        model = nn.Sequential()
        model.add_module("input", self.input(rank))
        return model

    def add(self, model: nn.Sequential, name: str, product: nn.Module, outputs: int, rank: int = 0) -> None:
        """Append a product as ``name``, with its batch norm and activation."""
        model.add_module(name, product)
        model.add_module(f"{name}_norm", self.norm(outputs, rank))
        model.add_module(f"{name}_act", self.activation(name, outputs, rank))

    def input(self, rank: int) -> nn.Module:
        """The host's affine step and the network's first quantiser."""
        code = self.code
        mul, add = (
            torch.tensor(p).reshape(p.shape + (1,) * (rank if p.ndim else 0)) for p in (code.mul, code.add)
        )
        steps: list[nn.Module] = [] if (mul == 1).all() and (add == 0).all() else [ChannelAffine(mul, add)]
        if code.bits == 1:
            steps.append(bipolar_activation(self._act))
        elif code.bits != FLOAT:
            steps.append(signed_activation(code.bits, code.scale * 2 ** (code.bits - 1)))
        return nn.Sequential(*steps)

    def dense(self, name: str, inputs: int, outputs: int, last: bool = False) -> nn.Module:
        """A product without bias."""
        bits = self.weight_bits(name, last)
        if bits == FLOAT:
            return nn.Linear(inputs, outputs, bias=False)
        quantizer = weight_quantizer(bits, self._weight)
        return _spread(qnn.QuantLinear(inputs, outputs, bias=False, weight_quant=quantizer))

    def conv(
        self,
        name: str,
        rank: int,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> nn.Module:
        """A convolution without bias over ``rank`` axes."""
        bits = self.weight_bits(name, last=False)
        quantized, plain = _CONVOLUTIONS[rank]
        shape = {"kernel_size": kernel, "stride": stride, "padding": padding, "groups": groups, "bias": False}
        if bits == FLOAT:
            return plain(inputs, outputs, **shape)
        return _spread(quantized(inputs, outputs, weight_quant=weight_quantizer(bits, self._weight), **shape))

    def norm(self, channels: int, rank: int = 0) -> nn.Module:
        """The batch norm behind a product."""
        return _NORMS[rank](channels)

    def activation(self, name: str, channels: int, rank: int = 0) -> nn.Module:
        """What stands behind the batch norm of the layer ``name``."""
        own = self._own(name).act_bits
        bits = self.table.act_bits if own is None else own
        if bits == FLOAT:
            steps = [nn.ReLU()]
        elif bits > 1:
            steps = [self.unsigned(max(bits, self._least))]
        else:
            steps = [Shift(channels, rank)] if self.table.thresholds == "learned" else []
            steps.append(self.signs())
        if self.dropout:
            steps.append(nn.Dropout(self.dropout))
        return steps[0] if len(steps) == 1 else nn.Sequential(*steps)

    def unsigned(self, bits: int) -> nn.Module:
        """The quantiser of activations from 0 on."""
        return relu_activation(bits)

    def signs(self) -> nn.Module:
        """The quantiser of activations of one bit, or its stand-in of more bits in a warm start."""
        return bipolar_activation(self._act) if self._least == 1 else symmetric_activation(self._least)

    def grid(self, bits: int, step: float) -> nn.Module:
        """Signed integers in steps of ``step``, a power of two: such maps can be added up exactly."""
        return signed_activation(bits, step * 2 ** (bits - 1))

    def check_names(self) -> None:
        """Raises RecipeError if the recipe overrides a layer that the network has not."""
        for name in self.table.layers:
            if name not in self._named:
                raise RecipeError(
                    f"no such layer; {near_names(name, sorted(self._named))}", f"model.layers.{name}"
                )

    def _own(self, name: str) -> LayerTable:
        self._named.add(name)
        return self.table.layers.get(name, LayerTable())

    def weight_bits(self, name: str, last: bool) -> int:
        """The bits of the layer ``name``, which may be the ``last``; `FLOAT` for a plain one."""
        table, own = self.table, self._own(name).weight_bits
        bits = own or (table.last_weight_bits if last else None) or table.weight_bits
        return bits if bits == FLOAT else max(bits, self._least)


def _spread(layer: nn.Module) -> nn.Module:
    """Latent weights anywhere in [-1, 1] to begin with."""
    nn.init.uniform_(layer.weight, -1, 1)
    return layer
