"""The quantisers of weights, activations and inputs, made of Brevitas' parts.

Scales of weights are constants: the batch norm behind each product makes up for any other. Scales of
unsigned activations are learned, those of signed ones constant powers of two or their thirds; all of them
vanish in thresholds when the model is imported.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bnngen.train.brevitas_import import (
    ActQuantSolver,
    ExtendedInjector,
    IntQuant,
    NarrowIntQuant,
    RestrictValueType,
    ScalingImplType,
    ScalingPerOutputType,
    SignedBinaryActPerTensorConst,
    SignedBinaryWeightPerTensorConst,
    UintQuant,
    WeightQuantSolver,
    qnn,
)
from bnngen.train.estimators.sign import Estimator

RELU_RANGE = 3.0
"""Where unsigned activations saturate at first, in deviations of what the batch norm gives."""


class Bipolar(nn.Module):
    """A Brevitas tensor quantiser: -1 and +1, with the gradient of an estimator."""

    def __init__(self, estimator: Estimator) -> None:
        super().__init__()
        self.estimator = estimator
        self.register_buffer("one", torch.tensor(1.0), persistent=False)
        self.register_buffer("zero", torch.tensor(0.0), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The signs, their scale, zero point and number of bits."""
        return self.estimator(x), self.one, self.zero, self.one


class _BipolarWeight(SignedBinaryWeightPerTensorConst):
    tensor_quant = Bipolar
    scaling_const = 1.0


class _BipolarAct(SignedBinaryActPerTensorConst):
    tensor_quant = Bipolar


class _ConstantScale(ExtendedInjector):
    scaling_impl_type = ScalingImplType.CONST
    scaling_per_output_type = ScalingPerOutputType.TENSOR
    restrict_scaling_type = RestrictValueType.FP


class _IntWeight(_ConstantScale, NarrowIntQuant, WeightQuantSolver):
    """Integers of equal steps over [-1, 1], symmetric: two bits are -1, 0 and +1."""

    scaling_const = 1.0


class _ReluAct(UintQuant, ActQuantSolver):
    scaling_impl_type = ScalingImplType.PARAMETER
    scaling_per_output_type = ScalingPerOutputType.TENSOR
    restrict_scaling_type = RestrictValueType.FP
    min_val = 0.0
    max_val = RELU_RANGE


class _SignedAct(_ConstantScale, IntQuant, ActQuantSolver):
    pass


class _SymmetricAct(_ConstantScale, NarrowIntQuant, ActQuantSolver):
    pass


def weight_quantizer(bits: int, estimator: Estimator) -> Any:
    """The Brevitas quantiser of weights in [-1, 1]: bipolar, or integers of equal steps."""
    return _BipolarWeight.let(estimator=estimator) if bits == 1 else _IntWeight.let(bit_width=bits)


def bipolar_activation(estimator: Estimator) -> nn.Module:
    """-1 and +1, with sign(0) = +1."""
    return qnn.QuantIdentity(act_quant=_BipolarAct.let(estimator=estimator, min_val=-1.0, max_val=1.0))


def relu_activation(bits: int) -> nn.Module:
    """max(x, 0) as unsigned integers of a learned scale."""
    return qnn.QuantReLU(act_quant=_ReluAct.let(bit_width=bits))


def signed_activation(bits: int, limit: float = 1.0) -> nn.Module:
    """Integers from -2**(bits-1) on, in steps of ``limit`` / 2**(bits-1)."""
    return qnn.QuantIdentity(act_quant=_SignedAct.let(bit_width=bits, min_val=-limit, max_val=limit))


def symmetric_activation(bits: int, limit: float = 1.0) -> nn.Module:
    """Integers of equal steps over [-``limit``, ``limit``], as many below zero as above."""
    return qnn.QuantIdentity(act_quant=_SymmetricAct.let(bit_width=bits, min_val=-limit, max_val=limit))
