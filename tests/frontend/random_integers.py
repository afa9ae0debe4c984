"""Parts of random files in which integers stand for real numbers: QuantizeLinear, QLinearConv, Trunc and the like."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

MICROSOFT = "com.microsoft"
SCALES = (0.5, 0.25, 0.75, 1.0, 0.375)
"""Whose quotients round to no tie in doubles."""
ZEROS = (0, 0, 3, -17)
"""Of zero points, from the middle of their type."""


class Grid:
    """A type of integers, with the zero point and the scale by which they stand for real numbers: one for all, or a
    scale for each of so many ``channels``. Padding needs one zero point."""

    def __init__(self, writer: Any, channels: int = 0, type_: Any = None) -> None:
        pick, count = writer.pick, max(1, channels)
        self.type = type_ or pick(np.int8, np.uint8)
        zeros = [0, *(z + (0 if self.type is np.int8 else 128) for z in ZEROS)]
        scales = [pick(*SCALES) for _ in range(count)]
        self.scale = np.array(scales, np.float32)
        self.zero = np.full(count, pick(*zeros), self.type)
        if not channels:
            self.scale, self.zero = self.scale.reshape(()), self.zero.reshape(())

    @property
    def both(self) -> tuple[np.ndarray, np.ndarray]:
        return self.scale, self.zero


class Integers:
    """What a writer of random files appends: behind its tensor ``x`` of shape ``shape``."""

    def __init__(self, writer: Any) -> None:
        self.writer, self.model, self.pick = writer, writer.model, writer.pick
        self.random = writer.random

    def codes(self, x: str, grid: Grid) -> str:
        result: str = self.model.node("QuantizeLinear", x, *grid.both, axis=1)
        return result

    def numbers(self, x: str, grid: Grid) -> str:
        result: str = self.model.node("DequantizeLinear", x, *grid.both, axis=1)
        return result

    def quantize(self, channels: int = 0) -> None:
        """Quantized and dequantized, with fewer levels in between perhaps, or moved."""
        grid = Grid(self, channels if self.pick(True, False) else 0)
        x = self.codes(self.writer.x, grid)
        kind = self.pick("none", "none", "clip", "identity")
        if kind == "clip":
            ends, (less, more) = np.iinfo(grid.type), self.pick((8, 7), (2, 1), (0, 15))
            low = max(ends.min, int(grid.zero.min()) - less)  # padding needs the codes of 0
            high = min(ends.max, int(grid.zero.max()) + more)
            x = self.model.node("Clip", x, grid.type(low), grid.type(high))
        elif kind == "identity":
            x = self.model.node("Identity", x)
        self.writer.x = self.numbers(x, grid)

    def weights(self, *shape: int, axis: int = 0) -> str:
        """Stored as integers, with a scale for all or for each row; or as real numbers behind a quantiser."""
        rows = shape[axis] if self.pick(True, False) else 1
        scale = np.array([self.pick(*SCALES) for _ in range(rows)], np.float32)
        zero: Any = np.zeros(rows, np.int8)
        if rows == 1:
            scale, zero = scale.reshape(()), zero.reshape(())
        elif self.pick(True, False, False):
            zero = self.random.integers(-2, 3, rows).astype(np.int8)
        codes: Any = self.random.integers(-4, 5, shape).astype(np.int8)
        if self.pick(True, False, False):
            latent = self.random.normal(0, 1, shape).round(2)
            codes = self.model.node("QuantizeLinear", latent, scale, zero, axis=axis)
            codes = self.model.node("Clip", codes, np.int8(-7), np.int8(7))
        result: str = self.model.node("DequantizeLinear", codes, scale, zero, axis=axis)
        return result

    def layer(self) -> None:
        """A layer of integers, between a quantiser and the numbers that they stand for."""
        source = Grid(self)
        x = self.codes(self.writer.x, source)
        maps = bool(self.writer.spatial)
        kinds = (
            [self._conv, self._conv, self._conv_sums, self._pool]
            if maps
            else [self._product, self._product, self._sums]
        )
        self.pick(*kinds, self._sum, self._concat)(x, source)

    def _finish(self, x: str, grid: Grid) -> None:
        self.writer.x = self.numbers(x, grid)

    def _kernel(self, rows: int, columns: int, *kernel: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights, their scales, their zero points."""
        weights = self.random.integers(-3, 4, (rows, columns, *kernel)).astype(np.int8)
        if self.pick(True, False):
            return weights, np.float32(self.pick(*SCALES)), np.int8(self.pick(0, 0, 1))  # type: ignore[return-value]
        scales = np.array([self.pick(*SCALES) for _ in range(rows)], np.float32)
        return weights, scales, np.zeros(rows, np.int8)

    def _conv(self, x: str, source: Grid) -> None:
        kernel, window = self.writer.window()
        channels, rows, target = self.writer.shape[0], self.pick(1, 2, 3), Grid(self, type_=source.type)
        bias = [self.random.integers(-20, 21, rows).astype(np.int32)] if self.pick(True, False) else []
        weights = self._kernel(rows, channels, *kernel)
        x = self.model.node("QLinearConv", x, *source.both, *weights, *target.both, *bias, **window)
        self.writer.shape = (rows, *self.writer.moved(kernel, window))
        self._finish(x, target)

    def _conv_sums(self, x: str, source: Grid) -> None:
        kernel, window = self.writer.window()
        channels, rows = self.writer.shape[0], self.pick(1, 2, 3)
        weights, *_ = self._kernel(rows, channels, *kernel)
        zero = np.int8(self.pick(0, 0, 1))
        x = self.model.node("ConvInteger", x, weights, source.zero, zero, **window)
        self.writer.shape = (rows, *self.writer.moved(kernel, window))
        self._scaled(x)

    def _scaled(self, x: str) -> None:
        """Sums as real numbers."""
        x = self.model.node("Cast", x, to=TensorProto.DOUBLE)
        self.writer.x = self.model.node("Mul", x, self.pick(*SCALES))

    def _product(self, x: str, source: Grid) -> None:
        (columns,), rows, target = self.writer.shape, self.pick(2, 3), Grid(self, type_=source.type)
        weights, scale, zero = self._kernel(rows, columns)
        if self.pick(True, False):
            x = self.model.node("QLinearMatMul", x, *source.both, weights.T.copy(), scale, zero, *target.both)
        else:
            bias = self.random.integers(-20, 21, rows).astype(np.int32)
            inputs = (x, *source.both, weights, scale, zero, bias, *target.both)
            x = self.model.node("QGemm", *inputs, domain=MICROSOFT, transB=1)
        self.writer.shape = (rows,)
        self._finish(x, target)

    def _sums(self, x: str, source: Grid) -> None:
        (columns,), rows = self.writer.shape, self.pick(2, 3)
        weights, _, zero = self._kernel(rows, columns)
        x = self.model.node("MatMulInteger", x, weights.T.copy(), source.zero, zero)
        self.writer.shape = (rows,)
        self._scaled(x)

    def _pool(self, x: str, source: Grid) -> None:
        kernel, window = self.writer.window()
        kind = self.pick("max", "mean", "global")
        target = Grid(self, type_=source.type)
        if kind == "max":
            shape = self.writer.moved(kernel, window)
            x, target = self.model.node("MaxPool", x, kernel_shape=kernel, **window), source
        elif kind == "mean":
            window["dilations"] = [1] * len(kernel)
            shape = self.writer.moved(kernel, window)
            options = {"strides": window["strides"], "pads": window["pads"], "count_include_pad": 1}
            inputs = (x, *source.both, *target.both)
            x = self.model.node(
                "QLinearAveragePool", *inputs, domain=MICROSOFT, kernel_shape=kernel, **options
            )
        else:
            shape = (1,) * len(kernel)
            x = self.model.node("QLinearGlobalAveragePool", x, *source.both, *target.both, domain=MICROSOFT)
        self.writer.shape = (self.writer.shape[0], *shape)
        self._finish(x, target)

    def _other(self, source: Grid) -> tuple[str, Grid]:
        """The same tensor on another grid."""
        grid = Grid(self, type_=source.type)
        return self.codes(self.writer.x, grid), grid

    def _sum(self, x: str, source: Grid) -> None:
        other, grid = self._other(source)
        target = Grid(self, type_=source.type)
        inputs = (x, *source.both, other, *grid.both, *target.both)
        self._finish(self.model.node("QLinearAdd", *inputs, domain=MICROSOFT), target)

    def _concat(self, x: str, source: Grid) -> None:
        other, grid = self._other(source)
        target = Grid(self, type_=source.type)
        inputs = (*target.both, x, *source.both, other, *grid.both)
        x = self.model.node("QLinearConcat", *inputs, domain=MICROSOFT, axis=1)
        self.writer.shape = (2 * self.writer.shape[0], *self.writer.spatial)
        self._finish(x, target)

    def truncate(self) -> None:
        """A quantiser, and the loss of the lowest bits of what it makes."""
        scale, bits, lost = self.pick(0.5, 0.25), self.pick(4, 6, 8), self.pick(1, 2)
        signed, zero = self.pick(0, 1), self.pick(0.0, 0.0, 4.0)
        x = self.model.quant(self.writer.x, scale, bits=float(bits), zero=zero, signed=signed)
        inputs = (x, scale, zero, float(bits), scale * 2**lost, float(bits - lost))
        mode = self.pick("FLOOR", "ROUND", "CEIL")
        domain = "qonnx.custom_op.general"
        self.writer.x = self.model.node("Trunc", *inputs, signed=signed, rounding_mode=mode, domain=domain)
