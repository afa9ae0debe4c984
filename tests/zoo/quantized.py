"""Networks of Brevitas' layers."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bnngen.train.brevitas_import import qnn
from tests.zoo.kinds import BREVITAS, kind
from tests.zoo.parts import Do, first_norm

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from brevitas.inject.enum import RestrictValueType
    from brevitas.quant import (
        Int8ActPerTensorFixedPoint,
        Int8Bias,
        Int8WeightPerChannelFloat,
        Int8WeightPerTensorFixedPoint,
        Int32Bias,
        ShiftedUint8ActPerTensorFloat,
        ShiftedUint8WeightPerTensorFloat,
        SignedBinaryActPerTensorConst,
        SignedBinaryWeightPerTensorConst,
        SignedTernaryActPerTensorConst,
        SignedTernaryWeightPerTensorConst,
        TruncTo8bit,
        Uint8ActPerTensorFixedPoint,
    )

FIXED_POINT_INPUT, FIXED_POINT_ACT = Int8ActPerTensorFixedPoint, Uint8ActPerTensorFixedPoint
FIXED_POINT_WEIGHTS, INT32_BIAS = Int8WeightPerTensorFixedPoint, Int32Bias
"""Scales that are powers of two."""
BINARY = {"weight_quant": SignedBinaryWeightPerTensorConst}
PER_CHANNEL = {"weight_quant": Int8WeightPerChannelFloat}


def sign() -> nn.Module:
    return qnn.QuantIdentity(act_quant=SignedBinaryActPerTensorConst)


def dense(inputs: int, outputs: int, bits: int = 4, **options: Any) -> nn.Module:
    options = options if options.get("weight_quant") else {**options, "weight_bit_width": bits}
    return qnn.QuantLinear(inputs, outputs, **{"bias": False, **options})


def conv(inputs: int, outputs: int, kernel: int, bits: int = 4, **options: Any) -> nn.Module:
    options = options if options.get("weight_quant") else {**options, "weight_bit_width": bits}
    return qnn.QuantConv2d(inputs, outputs, kernel, **{"bias": False, **options})


def relu(bits: int = 4, **options: Any) -> nn.Module:
    return qnn.QuantReLU(bit_width=bits, **options)


def identity(bits: int = 8, **options: Any) -> nn.Module:
    return qnn.QuantIdentity(bit_width=bits, **options)


def mlp(first: nn.Module, middle: Any, act: Any, norm: bool = True) -> nn.Module:
    """24-16-12-5."""
    norms = (nn.BatchNorm1d(16), nn.BatchNorm1d(12)) if norm else (nn.Identity(), nn.Identity())
    return nn.Sequential(
        first, middle(24, 16), norms[0], act(), middle(16, 12), norms[1], act(), middle(12, 5)
    )


def cnn(first: nn.Module, act: Any, pool: nn.Module | None = None, **options: Any) -> nn.Module:
    """3 x 8 x 8: two convolutions, a pool between them, a dense layer."""
    return nn.Sequential(
        first,
        conv(3, 8, 3, padding=1, **options),
        nn.BatchNorm2d(8),
        act(),
        pool or nn.MaxPool2d(2),
        conv(8, 8, 3, **options),
        nn.BatchNorm2d(8),
        act(),
        nn.Flatten(),
        dense(8 * 4, 5, **options),
    )


@kind("Brevitas MLP, 1 bit", BREVITAS, 24)
def mlp_1() -> nn.Module:
    return mlp(sign(), lambda i, o: dense(i, o, **BINARY), sign)


def mlp_of(bits: int) -> nn.Module:
    return mlp(identity(), lambda i, o: dense(i, o, bits), lambda: relu(bits))


def cnn_of(bits: int) -> nn.Module:
    return cnn(identity(), lambda: relu(bits), bits=bits)


for _bits in (2, 4, 8):
    kind(f"Brevitas MLP, {_bits} bits", BREVITAS, 24)(partial(mlp_of, _bits))
    kind(f"Brevitas CNN, {_bits} bits", BREVITAS, 3, 8, 8)(partial(cnn_of, _bits))


@kind("Brevitas CNN, 1 bit", BREVITAS, 3, 8, 8)
def cnn_1() -> nn.Module:
    return cnn(sign(), sign, **BINARY)


@kind("Brevitas CNN, 1-bit weights, 2-bit activations", BREVITAS, 3, 8, 8)
def cnn_w1a2() -> nn.Module:
    return cnn(identity(), lambda: relu(2), **BINARY)


@kind("Brevitas MLP, ternary", BREVITAS, 24)
def ternary() -> nn.Module:
    options = {"weight_quant": SignedTernaryWeightPerTensorConst}
    return mlp(
        identity(),
        lambda i, o: dense(i, o, **options),
        lambda: identity(2, act_quant=SignedTernaryActPerTensorConst),
    )


@kind("Brevitas MLP, weight scales a channel", BREVITAS, 24)
def mlp_per_channel() -> nn.Module:
    return mlp(identity(), lambda i, o: dense(i, o, **PER_CHANNEL), relu)


@kind("Brevitas CNN, weight scales a channel", BREVITAS, 3, 8, 8)
def cnn_per_channel() -> nn.Module:
    return cnn(identity(), relu, **PER_CHANNEL)


@kind("Brevitas CNN, scales powers of two", BREVITAS, 3, 8, 8)
def cnn_fixed_point() -> nn.Module:
    first = qnn.QuantIdentity(act_quant=Int8ActPerTensorFixedPoint)
    act = lambda: qnn.QuantReLU(act_quant=Uint8ActPerTensorFixedPoint)  # noqa: E731
    return cnn(first, act, weight_quant=Int8WeightPerTensorFixedPoint)


@kind("Brevitas MLP, hard tanh", BREVITAS, 24)
def mlp_hardtanh() -> nn.Module:
    act = lambda: qnn.QuantHardTanh(bit_width=4, min_val=-1.0, max_val=1.0)  # noqa: E731
    return mlp(identity(), dense, act)


@kind("Brevitas MLP, hard tanh 1 bit", BREVITAS, 24)
def mlp_hardtanh_1() -> nn.Module:
    act = lambda: qnn.QuantHardTanh(act_quant=SignedBinaryActPerTensorConst)  # noqa: E731
    return mlp(sign(), lambda i, o: dense(i, o, **BINARY), act)


@kind("Brevitas MLP, sigmoid", BREVITAS, 24)
def mlp_sigmoid() -> nn.Module:
    return mlp(identity(), dense, lambda: qnn.QuantSigmoid(bit_width=4))


@kind("Brevitas MLP, tanh", BREVITAS, 24)
def mlp_tanh() -> nn.Module:
    return mlp(identity(), dense, lambda: qnn.QuantTanh(bit_width=4))


@kind("Brevitas MLP, leaky ReLU", BREVITAS, 24)
def mlp_leaky() -> nn.Module:
    return mlp(identity(), dense, lambda: nn.Sequential(nn.LeakyReLU(0.1), identity(4)))


@kind("Brevitas MLP, asymmetric activations", BREVITAS, 24)
def mlp_shifted() -> nn.Module:
    first, act = (lambda: qnn.QuantIdentity(act_quant=ShiftedUint8ActPerTensorFloat) for _ in range(2))
    return mlp(first(), dense, act)


@kind("Brevitas MLP, asymmetric weights", BREVITAS, 24)
def mlp_shifted_weights() -> nn.Module:
    return mlp(identity(), lambda i, o: dense(i, o, weight_quant=ShiftedUint8WeightPerTensorFloat), relu)


@kind("Brevitas MLP, biases", BREVITAS, 24)
def mlp_bias() -> nn.Module:
    return mlp(identity(), lambda i, o: dense(i, o, bias=True), relu, norm=False)


def biased(bias: Any) -> nn.Module:
    first, act = identity(return_quant_tensor=True), partial(relu, return_quant_tensor=True)
    return mlp(first, lambda i, o: dense(i, o, bias=True, bias_quant=bias), act, norm=False)


kind("Brevitas MLP, 8-bit biases", BREVITAS, 24)(partial(biased, Int8Bias))
kind("Brevitas MLP, 32-bit biases", BREVITAS, 24)(partial(biased, Int32Bias))


@kind("Brevitas MLP, no quantiser at the input", BREVITAS, 24, options={"input": "int8:1/16"})
def mlp_no_input() -> nn.Module:
    return mlp(nn.Identity(), dense, relu)


@kind("Brevitas MLP, batch norm in front of the first quantiser (JSC)", BREVITAS, 16)
def jsc() -> nn.Module:
    return nn.Sequential(
        first_norm(16),
        identity(4),
        dense(16, 12),
        nn.BatchNorm1d(12),
        relu(),
        dense(12, 5),
        nn.BatchNorm1d(5),
    )


@kind("Brevitas MLP, output quantised", BREVITAS, 24)
def mlp_output() -> nn.Module:
    return nn.Sequential(mlp(identity(), dense, relu), identity(8))


@kind("Brevitas MLP, log softmax at the end", BREVITAS, 24)
def mlp_log_softmax() -> nn.Module:
    return nn.Sequential(mlp(identity(), dense, relu), nn.LogSoftmax(1))


class Block(nn.Module):
    """Both ways meet on the grid of one quantiser."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, padding=1, stride=stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs)
        self.relu1, self.relu2 = relu(), relu(return_quant_tensor=True)
        self.shared, self.near = identity(4, return_quant_tensor=True), nn.Sequential()
        if stride > 1:
            self.near = nn.Sequential(conv(inputs, outputs, 1, stride=stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(self.shared(y) + self.shared(self.near(x)))


class Resnet(nn.Module):
    """4-bit weights; the mean of the map by TruncAvgPool2d, or a plain one."""

    def __init__(self, trunc: nn.Module | None = None, widths: tuple[int, int] = (8, 8)) -> None:
        super().__init__()
        first, last = widths
        self.first, self.stem = identity(), conv(3, first, 3, padding=1)
        self.bn, self.relu = nn.BatchNorm2d(first), relu()
        self.layer1, self.layer2 = Block(first, first, 1), Block(first, last, 1 if last == first else 2)
        self.pool, self.fc = trunc or nn.AdaptiveAvgPool2d(1), dense(last, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.relu(self.bn(self.stem(self.first(x))))))
        return self.fc(torch.flatten(self.pool(x), 1))


@kind("Brevitas ResNet, 4-bit weights, average pool", BREVITAS, 3, 8, 8)
def resnet() -> nn.Module:
    return Resnet()


@kind("Brevitas ResNet, 4-bit weights, TruncAvgPool2d", BREVITAS, 3, 8, 8)
def resnet_trunc() -> nn.Module:
    return Resnet(qnn.TruncAvgPool2d(8, bit_width=4))


@kind("Brevitas CNN, TruncAvgPool2d to zero", BREVITAS, 3, 8, 8, unlike=("QCDQ, old", "QCDQ"))
def cnn_trunc() -> nn.Module:
    pool = qnn.TruncAvgPool2d(2, trunc_quant=TruncTo8bit, bit_width=4)
    return cnn(identity(), lambda: relu(4, return_quant_tensor=True), pool)


@kind("Brevitas CNN, TruncAdaptiveAvgPool2d", BREVITAS, 3, 8, 8)
def cnn_trunc_adaptive() -> nn.Module:
    pool = qnn.TruncAdaptiveAvgPool2d(4, bit_width=6)
    return cnn(identity(), lambda: relu(4, return_quant_tensor=True), pool)


class Joined(nn.Module):
    """Two branches of one quantiser, added by QuantEltwiseAdd or concatenated."""

    def __init__(self, add: nn.Module | None = None) -> None:
        super().__init__()
        self.first, self.one, self.three = identity(), conv(3, 4, 1), conv(3, 4, 3, padding=1)
        self.add, self.shared, self.relu = add, identity(return_quant_tensor=True), relu()
        self.fc = dense((4 if add else 8) * 64, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        a, b = self.one(x), self.three(x)
        x = self.add(a, b) if self.add else torch.cat([self.shared(a), self.shared(b)], dim=1)
        return self.fc(torch.flatten(self.relu(x), 1))


@kind("Brevitas QuantEltwiseAdd", BREVITAS, 3, 8, 8)
def eltwise_add() -> nn.Module:
    return Joined(qnn.QuantEltwiseAdd())


@kind("Brevitas, concatenated by a shared quantiser", BREVITAS, 3, 8, 8)
def concatenated() -> nn.Module:
    return Joined()


class Scaled(nn.Module):
    """int8 tensors with two scales of any ratio, added."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.one, self.three = identity(), conv(3, 4, 1), conv(3, 4, 3, padding=1)
        self.a, self.b, self.relu, self.fc = identity(), identity(), relu(), dense(4 * 64, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.fc(torch.flatten(self.relu(self.a(self.one(x)) + self.b(self.three(x))), 1))


@kind("Brevitas, sum of two scales", BREVITAS, 3, 8, 8)
def two_scales() -> nn.Module:
    return Scaled()


@kind("Brevitas depthwise separable", BREVITAS, 3, 8, 8)
def separable() -> nn.Module:
    return nn.Sequential(
        identity(),
        conv(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        relu(),
        conv(8, 8, 3, padding=1, stride=2, groups=8),
        nn.BatchNorm2d(8),
        relu(),
        conv(8, 6, 1),
        nn.BatchNorm2d(6),
        relu(),
        nn.AvgPool2d(4),
        nn.Flatten(),
        dense(6, 5),
    )


@kind("Brevitas depthwise separable, exported with a batch of 8", BREVITAS, 3, 8, 8, batch=8)
def separable_batch() -> nn.Module:
    return separable()


@kind("Brevitas 1-D, QuantConv1d", BREVITAS, 4, 20)
def one_dimensional() -> nn.Module:
    return nn.Sequential(
        identity(),
        qnn.QuantConv1d(4, 8, 5, padding=2, bias=False, weight_bit_width=4),
        nn.BatchNorm1d(8),
        relu(),
        nn.MaxPool1d(2),
        qnn.QuantConv1d(8, 8, 3, groups=2, bias=False, weight_bit_width=4),
        nn.BatchNorm1d(8),
        relu(),
        nn.Flatten(),
        dense(8 * 8, 5),
    )


@kind("Brevitas QuantConvTranspose2d", BREVITAS, 3, 8, 8)
def transposed() -> nn.Module:
    return nn.Sequential(
        identity(),
        conv(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        relu(),
        qnn.QuantConvTranspose2d(8, 4, 2, stride=2, bias=False, weight_bit_width=4),
        nn.BatchNorm2d(4),
        relu(),
        conv(4, 2, 1),
    )


@kind("Brevitas, QuantUpsample", BREVITAS, 3, 8, 8)
def upsampled() -> nn.Module:
    return nn.Sequential(
        identity(),
        conv(3, 4, 3, stride=2, padding=1),
        relu(return_quant_tensor=True),
        qnn.QuantUpsample(scale_factor=2, mode="nearest"),
        conv(4, 2, 3, padding=1),
    )


@kind("Brevitas, sums of activations, powers of two", BREVITAS, 3, 8, 8)
def cnn_power_of_two() -> nn.Module:
    options = {"restrict_scaling_type": RestrictValueType.POWER_OF_TWO}
    return cnn(identity(**options), lambda: relu(4, **options), nn.AvgPool2d(2))


@kind("Brevitas, mean([2, 3])", BREVITAS, 3, 8, 8)
def mean() -> nn.Module:
    return nn.Sequential(
        identity(),
        conv(3, 8, 3),
        nn.BatchNorm2d(8),
        relu(),
        Do(lambda x: x.mean([2, 3])),
        identity(6),
        dense(8, 5),
    )
