"""Networks of floats that ONNX Runtime's static quantisation makes int8, in both of its formats."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tests.zoo.kinds import FLOAT, kind

PER_CHANNEL: dict[str, Any] = {"per_channel": True}
SIGNED: dict[str, Any] = {"activation": "int8"}


def mlp(act: Any = nn.ReLU, last: nn.Module | None = None) -> nn.Module:
    layers = [nn.Linear(24, 16), act(), nn.Linear(16, 12), act(), nn.Linear(12, 5)]
    return nn.Sequential(*layers, *([last] if last else []))


def cnn(pool: nn.Module | None = None, act: Any = nn.ReLU) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        act(),
        pool or nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3),
        nn.BatchNorm2d(8),
        act(),
        nn.Flatten(),
        nn.Linear(8 * 4, 5),
    )


@kind("int8 MLP", FLOAT, 24)
def int8_mlp() -> nn.Module:
    return mlp()


@kind("int8 MLP, signed activations, scales a channel", FLOAT, 24, quantization=SIGNED | PER_CHANNEL)
def int8_mlp_signed() -> nn.Module:
    return mlp()


@kind("int8 MLP, symmetric", FLOAT, 24, quantization=SIGNED | {"symmetric": True})
def int8_mlp_symmetric() -> nn.Module:
    return mlp()


@kind("int8 MLP, softmax at the end", FLOAT, 24)
def int8_softmax() -> nn.Module:
    return mlp(last=nn.Softmax(1))


@kind("int8 MLP, sigmoid", FLOAT, 24)
def int8_sigmoid() -> nn.Module:
    return mlp(nn.Sigmoid)


@kind("int8 CNN", FLOAT, 3, 8, 8)
def int8_cnn() -> nn.Module:
    return cnn()


@kind("int8 CNN, scales a channel", FLOAT, 3, 8, 8, quantization=PER_CHANNEL)
def int8_cnn_per_channel() -> nn.Module:
    return cnn()


@kind("int8 CNN, signed activations", FLOAT, 3, 8, 8, quantization=SIGNED)
def int8_cnn_signed() -> nn.Module:
    return cnn()


@kind("int8 CNN, average pool", FLOAT, 3, 8, 8)
def int8_average() -> nn.Module:
    return cnn(nn.AvgPool2d(2))


@kind("int8 CNN, leaky ReLU", FLOAT, 3, 8, 8)
def int8_leaky() -> nn.Module:
    return cnn(act=lambda: nn.LeakyReLU(0.1))


@kind("int8 CNN, ReLU6", FLOAT, 3, 8, 8)
def int8_relu6() -> nn.Module:
    return cnn(act=nn.ReLU6)


@kind("int8 CNN, 4-bit weights", FLOAT, 3, 8, 8, quantization={"weights": "int4"})
def int8_int4() -> nn.Module:
    return cnn()


class Residual(nn.Module):
    """A block, and the mean of the map."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn0 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv, self.bn1 = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn0(self.stem(x)))
        x = torch.relu(self.bn1(self.conv(x)) + x)
        return self.fc(self.pool(x).flatten(1))


@kind("int8 residual", FLOAT, 3, 8, 8)
def int8_residual() -> nn.Module:
    return Residual()


@kind("int8 depthwise separable (MobileNet)", FLOAT, 3, 8, 8, quantization=PER_CHANNEL)
def int8_separable() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU6(),
        nn.Conv2d(8, 6, 1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 5),
    )


@kind("int8 1-D", FLOAT, 4, 20)
def int8_one_dimensional() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(8, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(64, 5),
    )


class Joined(nn.Module):
    """Branches that are concatenated."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.three, self.fc = (
            nn.Conv2d(3, 4, 1),
            nn.Conv2d(3, 4, 3, padding=1),
            nn.Linear(8 * 16, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([torch.relu(self.one(x)), torch.relu(self.three(x))], 1)
        return self.fc(nn.functional.max_pool2d(x, 2).flatten(1))


@kind("int8 branches, concatenated", FLOAT, 3, 8, 8)
def int8_joined() -> nn.Module:
    return Joined()


@kind("int8 weights, dynamic quantisation of activations", FLOAT, 24, quantization={"dynamic": True})
def dynamic() -> nn.Module:
    return mlp()
