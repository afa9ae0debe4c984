"""What stands around the quantisers: pools, moves, heads, inputs. Plain torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.zoo.kinds import TORCH, kind
from tests.zoo.parts import Cnn, Do, Function, Mlp, conv2d, first_norm, frozen, levels, linear, signed, where

INT8 = signed(8, 1 / 32)


def _maps(*layers: nn.Module) -> nn.Module:
    """8-bit frames of 3 channels, then ``layers``."""
    return nn.Sequential(Do(INT8), conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), *layers)


@kind("no quantiser at the input, int8", TORCH, 24, options={"input": "int8:1/16"})
def no_quantizer() -> nn.Module:
    return Mlp(where, first=lambda x: x)


@kind("no quantiser at the input, pictures", TORCH, 3, 8, 8, options={"input": "uint8:1/255"})
def no_quantizer_pictures() -> nn.Module:
    return Cnn(where, first=lambda x: x)


@kind("no quantiser at the input, normalised pictures", TORCH, 3, 8, 8, options={"input": "uint8:1/255"})
def normalised() -> nn.Module:
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return Cnn(where, first=lambda x: (x - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1))


@kind("batch norm in front of the first quantiser", TORCH, 24)
def norm_first() -> nn.Module:
    return nn.Sequential(first_norm(24), Mlp(levels(2), where, levels(3)))


@kind("batch norm in front of the first quantiser, a gamma is 0", TORCH, 24)
def norm_first_zero() -> nn.Module:
    return nn.Sequential(nn.BatchNorm1d(24), Mlp(levels(2), where, levels(3)))


@kind("batch norm in front of the first binarizer", TORCH, 24)
def norm_first_binarizer() -> nn.Module:
    return nn.Sequential(first_norm(24), Mlp(where))


@kind("max pool, ceil mode", TORCH, 3, 7, 7)
def ceil_mode() -> nn.Module:
    return _maps(Do(where), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(), linear(8 * 16, 5))


@kind("average pool, ceil mode", TORCH, 3, 7, 7)
def ceil_mode_average() -> nn.Module:
    return _maps(
        Do(levels(2)), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), Do(levels(4)), linear(8 * 16, 5)
    )


@kind("average pool with padding", TORCH, 3, 8, 8)
def padded_average() -> nn.Module:
    return _maps(Do(levels(2)), nn.AvgPool2d(3, 2, 1), Do(levels(4)), nn.Flatten(), linear(8 * 16, 5))


@kind("mean([2, 3])", TORCH, 3, 7, 7)
def mean() -> nn.Module:
    """Of an odd number of thirds, so that no mean lies just between two levels."""
    return _maps(Do(levels(2)), Do(lambda x: x.mean([2, 3])), Do(levels(4)), linear(8, 5))


@kind("mean([2, 3]) in front of real scores", TORCH, 3, 8, 8)
def mean_last() -> nn.Module:
    return _maps(Do(levels(2)), Do(lambda x: x.mean([2, 3])), linear(8, 5))


@kind("sum over the map", TORCH, 3, 8, 8)
def summed() -> nn.Module:
    return _maps(Do(where), Do(lambda x: x.sum((2, 3)) / 64), Do(levels(4)), linear(8, 5))


@kind("greatest of the map (amax)", TORCH, 3, 8, 8)
def greatest() -> nn.Module:
    return _maps(Do(levels(2)), Do(lambda x: x.amax((2, 3))), linear(8, 5))


@kind("AdaptiveMaxPool2d(1)", TORCH, 3, 8, 8)
def adaptive_max() -> nn.Module:
    return _maps(Do(levels(2)), nn.AdaptiveMaxPool2d(1), nn.Flatten(), linear(8, 5))


@kind("padding of its own", TORCH, 3, 8, 8)
def padded() -> nn.Module:
    return _maps(
        Do(where),
        nn.ZeroPad2d((1, 2, 0, 1)),
        conv2d(8, 4, 3, stride=2),
        Do(where),
        nn.Flatten(),
        linear(4 * 20, 5),
    )


@kind("padding with -1", TORCH, 3, 8, 8)
def padded_minus_one() -> nn.Module:
    return _maps(
        Do(where), nn.ConstantPad2d(1, -1.0), conv2d(8, 4, 3), Do(where), nn.Flatten(), linear(4 * 64, 5)
    )


@kind("pixel shuffle", TORCH, 3, 8, 8)
def pixel_shuffle() -> nn.Module:
    return _maps(
        Do(where), nn.PixelShuffle(2), conv2d(2, 4, 3, stride=4), Do(where), nn.Flatten(), linear(4 * 16, 5)
    )


@kind("transposed convolution", TORCH, 3, 8, 8)
def transposed() -> nn.Module:
    up = nn.ConvTranspose2d(8, 4, 2, stride=2, bias=False)
    up.weight = nn.Parameter(where(up.weight).detach())
    return _maps(Do(where), up, nn.BatchNorm2d(4), Do(where), conv2d(4, 2, 1))


@kind("upsampling", TORCH, 3, 8, 8)
def upsampled() -> nn.Module:
    return _maps(
        Do(where),
        nn.Upsample(scale_factor=2),
        conv2d(8, 4, 3, stride=4),
        Do(where),
        nn.Flatten(),
        linear(64, 5),
    )


@kind("frames NHWC, permuted", TORCH, 8, 8, 3)
def channels_last() -> nn.Module:
    return nn.Sequential(Do(lambda x: x.permute(0, 3, 1, 2)), Cnn(where))


@kind("maps NHWC at the end, permuted", TORCH, 3, 8, 8)
def permuted_scores() -> nn.Module:
    return _maps(Do(where), conv2d(8, 4, 1), Do(lambda x: x.permute(0, 2, 3, 1)))


@kind("flattened by view", TORCH, 3, 8, 8)
def viewed() -> nn.Module:
    return _maps(Do(where), Do(lambda x: x.view(x.size(0), -1)), linear(8 * 64, 5))


@kind("exported with a batch of 8", TORCH, 3, 8, 8, batch=8)
def batch_of_8() -> nn.Module:
    return _maps(Do(where), Do(lambda x: x.view(x.size(0), -1)), linear(8 * 64, 5))


@kind("segmentation, argmax of each pixel", TORCH, 3, 8, 8)
def segmentation() -> nn.Module:
    return _maps(Do(where), conv2d(8, 4, 1), Do(lambda x: x.argmax(1)))


class Headed(nn.Module):
    """An MLP with a head."""

    def __init__(self, head: Function) -> None:
        super().__init__()
        self.body, self.head = Mlp(where), head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


@kind("log softmax at the end", TORCH, 24)
def log_softmax() -> nn.Module:
    return Headed(nn.LogSoftmax(1))


@kind("softmax at the end", TORCH, 24)
def softmax() -> nn.Module:
    return Headed(nn.Softmax(1))


@kind("sigmoid at the end", TORCH, 24)
def sigmoid() -> nn.Module:
    return Headed(nn.Sigmoid())


@kind("argmax at the end", TORCH, 24)
def argmax() -> nn.Module:
    return Headed(lambda x: x.argmax(1))


@kind("batch norm at the end", TORCH, 24)
def norm_last() -> nn.Module:
    return Headed(nn.BatchNorm1d(5))


class TwoOutputs(nn.Module):
    """Classes and a regression of one body."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = linear(24, 16), linear(16, 5)
        self.other, self.norm = linear(16, 2), nn.BatchNorm1d(16)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = where(self.norm(self.first(where(x))))
        return self.second(x), self.other(x)


@kind("two outputs, cut at the first", TORCH, 24, options={"cut_at": "second"})
def two_outputs() -> nn.Module:
    return TwoOutputs()


class Steps(nn.Module):
    """Dense layers on each step of (N, T, F)."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2, self.fc3 = linear(8, 6), linear(6, 4), linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = where(self.fc1(where(x)) + 1)
        x = where(self.fc2(x) - 1)
        return self.fc3(x.flatten(1))


@kind("dense on (N, T, F)", TORCH, 6, 8)
def steps() -> nn.Module:
    return Steps()


class Branches(nn.Module):
    """Inception: branches that are joined."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.three = conv2d(3, 4, 1), conv2d(3, 4, 3, padding=1)
        self.bn1, self.bn3, self.fc = nn.BatchNorm2d(4), nn.BatchNorm2d(4), linear(8 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = where(x)
        x = torch.cat([where(self.bn1(self.one(x))), where(self.bn3(self.three(x)))], 1)
        return self.fc(functional.max_pool2d(x, 2).flatten(1))


@kind("branches, concatenated", TORCH, 3, 8, 8)
def branches() -> nn.Module:
    return Branches()


class Halves(nn.Module):
    """ShuffleNet: half of the channels goes straight on, then the channels are shuffled."""

    def __init__(self, shuffle: bool) -> None:
        super().__init__()
        self.stem, self.bn0 = conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv, self.bn1, self.fc = conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), linear(8 * 16, 5)
        self.shuffle = shuffle

    def forward(self, x: Tensor) -> Tensor:
        a, b = where(self.bn0(self.stem(where(x)))).chunk(2, 1)
        x = torch.cat([a, where(self.bn1(self.conv(b)))], 1)
        if self.shuffle:
            n, c, h, w = x.shape
            x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.fc(functional.max_pool2d(x, 2).flatten(1))


@kind("split and joined", TORCH, 3, 8, 8)
def halves() -> nn.Module:
    return Halves(shuffle=False)


@kind("channel shuffle (ShuffleNet)", TORCH, 3, 8, 8)
def shuffled() -> nn.Module:
    return Halves(shuffle=True)


@kind("dropout and identity", TORCH, 24)
def dropout() -> nn.Module:
    return nn.Sequential(nn.Identity(), nn.Dropout(0.3), Mlp(where), nn.Dropout(0.1))


@kind("convolution to dense over 1 x 1", TORCH, 3, 8, 8)
def strided() -> nn.Module:
    layers = _maps(Do(where), conv2d(8, 8, 3, stride=2), nn.BatchNorm2d(8), Do(where), conv2d(8, 5, 3))
    return frozen(nn.Sequential(layers, nn.Flatten()))
