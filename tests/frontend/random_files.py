"""Random files over all operators, widths and shapes, by whatever chooses: Hypothesis, or chance."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tests.frontend.random_binarizers import Binarizers
from tests.frontend.random_integers import Integers

SHAPES = ((2, 5, 4), (1, 6, 6), (4, 3, 3), (2, 7), (3, 5), (6,))
"""Of the inputs, without the batch."""
ODD = (0.125, 0.3125, -0.5625, 1.125)
"""Offsets, some of which make ties on thresholds common. All numbers but those of batch norms are small binary
fractions: then doubles are exact, and the evaluator knows a tie from a near one."""


class Choices(Protocol):
    """What decides about a file."""

    def pick(self, *options: Any) -> Any:
        """One of the options."""

    def integer(self, first: int, last: int) -> int:
        """A whole number, ``last`` included."""


class Writer:
    """Writes a file: every method appends an operator behind the tensor ``x`` of shape ``shape``."""

    def __init__(self, model: Any, choices: Choices) -> None:
        self.model, self.choices, self.pick = model, choices, choices.pick
        self.x, self.shape = "x", tuple(model.shape)
        self.random = np.random.default_rng(choices.integer(0, 1 << 20))
        self.integers, self.binarizers = Integers(self), Binarizers(self)

    @property
    def spatial(self) -> tuple[int, ...]:
        return self.shape[1:]

    def per_channel(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, *(1,) * len(self.spatial))

    def normal(self, count: int) -> np.ndarray:
        return np.round(self.random.normal(0, 1, count) * 64) / 64

    def weights(self, *shape: int, axis: int = 0) -> Any:
        """Bipolar, ternary or low-bit weights, plain or behind a quantiser with a scale; the rows are this ``axis``."""
        kind = self.pick("plain", "bipolar", "ternary", "quant", "integers", "latent")
        if kind == "latent":
            return self.binarizers.weights(*shape, axis=axis)
        if kind == "integers":
            return self.integers.weights(*shape, axis=axis)
        if kind == "quant":
            bits, scale = self.pick(2.0, 4.0), self.pick(0.5, 0.25)
            return self.model.quant(self.random.normal(0, 0.5, shape).round(3), scale, bits=bits)
        values = self.random.choice([-1.0, 1.0] if kind != "ternary" else [-1.0, 0.0, 1.0], shape)
        return self.model.bipolar(values, self.pick(1.0, 0.5)) if kind == "bipolar" else values

    def quantize(self) -> None:
        kind = self.pick(
            "bipolar", "quant", "unsigned", "thresholds", "integers", "truncated", "signs", "rounded"
        )
        if kind == "signs":
            self.binarizers.binarize()
        elif kind == "rounded":
            self.binarizers.round()
        elif kind == "integers":
            self.integers.quantize(self.shape[0])
        elif kind == "truncated":
            self.integers.truncate()
        elif kind == "bipolar":
            self.x = self.model.bipolar(self.x, self.pick(1.0, 0.5))
        elif kind == "thresholds":
            rows = self.pick(1, self.shape[0])
            table = np.sort(self.random.integers(-12, 13, (rows, self.pick(1, 2, 3))) / 4, axis=1)
            self.x = self.model.node("MultiThreshold", self.x, table, out_scale=self.pick(1.0, 0.5))
        else:
            bits, signed = self.pick(2.0, 3.0, 4.0), int(kind == "quant")
            mode = self.pick("ROUND", "FLOOR", "CEIL", "HALF_UP", "ROUND_TO_ZERO")
            self.x = self.model.quant(
                self.x, self.pick(0.5, 1.0), bits=bits, signed=signed, rounding_mode=mode
            )

    def scale(self, quantized: bool = True) -> None:
        """A batch norm, an affine or a Relu; where a quantiser follows, perhaps another function."""
        kinds = ["norm", "affine", "relu", "clip", "none", *(["function"] if quantized else [])]
        kind, channels = self.pick(*kinds), self.shape[0]
        if kind == "function":
            self.binarizers.function()
        elif kind == "relu":
            self.x = self.model.node("Relu", self.model.node("Add", self.x, self.pick(*ODD)))
        elif kind == "clip":
            low, high = self.pick(-1.5, -0.75, 0.0), self.pick(0.5, 2.25, 6.0)
            self.x = self.model.node("Clip", self.model.node("Add", self.x, self.pick(*ODD)), low, high)
        elif kind == "affine":
            mul = self.random.choice([0.5, -0.75, 1.0, 0.0], channels)
            self.x = self.model.node("Mul", self.x, self.per_channel(mul))
            self.x = self.model.node("Add", self.x, self.per_channel(self.normal(channels)))
        elif kind == "norm":
            gamma, beta, mean = (self.normal(channels) for _ in range(3))
            var = self.random.integers(32, 256, channels) / 64
            self.x = self.model.node("BatchNormalization", self.x, gamma, beta, mean, var)

    def window(self) -> tuple[list[int], dict[str, Any]]:
        """A kernel that fits, strides, dilations and padding."""
        kernel, strides, dilations, before, after = [], [], [], [], []
        for size in self.spatial:
            k = self.pick(*[k for k in (1, 2, 3) if k <= size])
            d = self.pick(*[d for d in (1, 2) if (k - 1) * d < size])
            kernel.append(k)
            dilations.append(d)
            strides.append(self.pick(1, 1, 2))
            before.append(self.pick(0, k // 2))
            after.append(self.pick(0, k // 2))
        return kernel, {"strides": strides, "dilations": dilations, "pads": before + after}

    def moved(self, kernel: list[int], window: dict[str, Any]) -> tuple[int, ...]:
        rank = len(kernel)
        pads = window["pads"]
        return tuple(
            (n + pads[i] + pads[rank + i] - (k - 1) * window["dilations"][i] - 1) // window["strides"][i] + 1
            for i, (n, k) in enumerate(zip(self.spatial, kernel, strict=True))
        )

    def convolve(self) -> None:
        kernel, window = self.window()
        channels = self.shape[0]
        groups = self.pick(*[g for g in (1, 2, channels) if channels % g == 0])
        rows = groups * self.pick(1, 2)
        weights = self.weights(rows, channels // groups, *kernel)
        bias = [self.normal(rows)] if self.pick(True, False) else []
        self.x = self.model.node("Conv", self.x, weights, *bias, group=groups, **window)
        self.shape = (rows, *self.moved(kernel, window))

    def pool(self) -> None:
        kernel, window = self.window()
        kind = self.pick("max", "mean")
        if kind == "mean":
            window["dilations"] = [1] * len(kernel)
            shape = self.moved(kernel, window)
            options = {"strides": window["strides"], "pads": window["pads"], "count_include_pad": 1}
            self.x = self.model.node("AveragePool", self.x, kernel_shape=kernel, **options)
        else:
            shape = self.moved(kernel, window)
            self.x = self.model.node("MaxPool", self.x, kernel_shape=kernel, **window)
        self.shape = (self.shape[0], *shape)

    def residual(self) -> None:
        """A convolution and the way around it, both on one grid."""
        self.x = self.model.quant(self.x, 0.5, bits=3.0)
        if self.pick(True, False):
            self.integers.quantize()
        near, channels = self.x, self.shape[0]
        weights = self.weights(channels, channels, *(3,) * len(self.spatial))
        self.x = self.model.node("Conv", self.x, weights, pads=[1, 1] * len(self.spatial))
        self.scale()
        if self.pick(True, False):
            self.integers.quantize()
        else:
            self.x = self.model.quant(self.x, self.pick(0.5, 0.25), bits=4.0)
        self.x = self.model.node(self.pick("Add", "Sub"), near, self.x)

    def branches(self) -> None:
        """Two ways through the same codes, joined; a part of all channels goes on."""
        self.x = self.model.quant(self.x, 0.5, bits=3.0)
        codes, channels = self.x, self.shape[0]
        kernel = (1,) * len(self.spatial)
        rows = self.pick(1, 2, 3)
        self.x = self.model.node("Conv", codes, self.weights(rows, channels, *kernel))
        self.shape = (rows, *self.spatial)
        quantized = self.pick(True, False)
        self.scale(quantized)
        if quantized:
            self.quantize()
        self.x = self.model.node("Concat", self.x, codes, axis=1)
        total = self.shape[0] + channels
        first = self.choices.integer(0, total - 1)
        last = self.choices.integer(first + 1, total)
        self.x = self.model.node("Slice", self.x, *(np.array([n]) for n in (first, last, 1)))
        self.shape = (last - first, *self.spatial)

    def enlarge(self) -> None:
        scales = np.array([1, 1, *(self.pick(1, 2) for _ in self.spatial)], np.float32)
        self.x = self.model.node("Resize", self.x, "", scales, mode="nearest")
        self.shape = (self.shape[0], *(int(n * s) for n, s in zip(self.spatial, scales[2:], strict=True)))

    def reshape(self) -> None:
        """Axes of length 1 come and go; the stream stays as it is."""
        channels, spatial = self.shape[0], self.spatial
        if not spatial:
            self._take_shape(self.pick((1, channels), (channels, 1), (1, channels, 1), (channels, 1, 1)))
        elif len(spatial) == 1:
            self._take_shape(self.pick((channels, 1, *spatial), (channels, *spatial, 1)))
        elif min(spatial) == 1:
            self._take_shape((channels, max(spatial)))

    def arrange(self) -> None:
        """The input's elements in another shape: the host orders them."""
        self._take_shape(self.pick((1, *self.shape), (1, int(np.prod(self.shape)))))

    def _take_shape(self, shape: tuple[int, ...]) -> None:
        self.x = self.model.node("Reshape", self.x, np.array([-1, *shape]))
        self.shape = shape

    def dense(self) -> None:
        features = int(np.prod(self.shape))
        if len(self.shape) > 1:
            self.x = self.model.node("Flatten", self.x)
        rows = self.pick(1, 2, 4)
        self.x = self.model.node("MatMul", self.x, self.weights(features, rows, axis=1))
        self.shape = (rows,)

    def write(self) -> str:
        """The whole file; returns its output."""
        kind = self.pick("quant", "quant", "bipolar", "integers")
        if kind == "quant":
            self.x = self.model.quant("x", self.pick(0.5, 1.0), bits=self.pick(2.0, 4.0))
        elif kind == "bipolar":
            self.x = self.model.bipolar("x")
        else:
            self.integers.quantize()
        if len(self.shape) < 3 and self.pick(True, False, False, False):
            self.arrange()
        for number in range(self.pick(1, 2, 3)):
            # in front of the first product stands the host's quantiser, which rounds evenly
            more = [self.pool, self.residual, self.branches, self.enlarge] if number else []
            layers = [self.convolve, self.convolve, *more] if self.spatial else [self.dense]
            self.pick(*layers, *([self.integers.layer] if number else []))()
            self.scale()
            self.quantize()
            if self.pick(True, False, False):
                self.reshape()
        self.dense()
        return self.x
