"""QuantizeLinear, QLinearConv and the like for onnx's reference evaluator, in double precision.

Its own compute in single precision and 32-bit integers. Here every tensor is one of doubles, codes too; sums
of products of codes are whole numbers far below 2**53.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.reference.ops.op_conv import _conv_implementation

Floats = NDArray[np.float64]
Watch = Callable[[str, NDArray[np.bool_]], None]
ROUNDS_LAST = ("QLinearAdd", "QLinearMul", "QLinearAveragePool")
"""Of ONNX Runtime: these round x/scale + zero, the others x/scale."""
_NARROW = {
    TensorProto.INT4: (-8, 7),
    TensorProto.UINT4: (0, 15),
    TensorProto.INT2: (-2, 1),
    TensorProto.UINT2: (0, 3),
}


def standard(watch: Watch) -> dict[str, Callable[..., Any]]:
    """The operators of ONNX's own domain."""
    return {**_linear(watch), **_products(watch)}


def of_onnx_runtime(watch: Watch) -> dict[str, Callable[..., Any]]:
    """Those of ONNX Runtime's domain."""
    return {**_linear(watch), **_functions(watch)}


def _range(zero: NDArray[Any] | None, output_dtype: int = 0) -> tuple[int, int]:
    """The least and the greatest code."""
    type_ = output_dtype or TensorProto.UINT8
    if zero is not None:
        type_ = helper.np_dtype_to_tensor_dtype(zero.dtype)
    if type_ in _NARROW:
        return _NARROW[type_]
    info = np.iinfo(helper.tensor_dtype_to_np_dtype(type_))
    return int(info.min), int(info.max)


def _along(values: NDArray[Any] | None, rank: int, axis: int) -> Floats:
    """One number, or one for each element of an axis, as it broadcasts."""
    numbers = np.asarray(0.0 if values is None else values, np.float64)
    if numbers.size == 1:
        return numbers.reshape(())
    return numbers.reshape([-1 if k == axis % rank else 1 for k in range(rank)])


def _real(x: Any, scale: Any, zero: Any, axis: int = 1) -> Floats:
    """What codes stand for."""
    x = np.asarray(x, np.float64)
    result: Floats = (x - _along(zero, x.ndim, axis)) * _along(scale, x.ndim, axis)
    return result


def _quantizer(watch: Watch) -> Callable[..., tuple[Any, ...]]:
    """Makes codes, and says which lie just between two."""

    def quantize(
        self: Any,
        x: Floats,
        scale: Floats,
        zero: NDArray[Any] | None = None,
        axis: int = 1,
        output_dtype: int = 0,
        **unused: object,
    ) -> tuple[Any, ...]:
        value = x / _along(scale, x.ndim, axis)
        watch(self.onnx_node.output[0], value - 0.5 == np.round(value - 0.5))
        moved = _along(zero, x.ndim, axis)
        codes = np.round(value + moved) if self.onnx_node.op_type in ROUNDS_LAST else np.round(value) + moved
        return (np.clip(codes, *_range(zero, output_dtype)),)

    return quantize


def _linear(watch: Watch) -> dict[str, Callable[..., Any]]:
    def dequantize(
        self: Any, x: Any, scale: Any, zero: Any = None, axis: int = 1, **unused: object
    ) -> tuple[Any, ...]:
        return (_real(x, scale, zero, axis),)

    return {"QuantizeLinear": _quantizer(watch), "DequantizeLinear": dequantize}


def _products(watch: Watch) -> dict[str, Callable[..., Any]]:
    quantize = _quantizer(watch)

    def conv_integer(
        self: Any, x: Any, w: Any, x_zero: Any = None, w_zero: Any = None, **how: Any
    ) -> tuple[Any, ...]:
        return (_conv(_real(x, 1.0, x_zero), _real(w, 1.0, w_zero, 0), None, how),)

    def matmul_integer(self: Any, a: Any, b: Any, a_zero: Any = None, b_zero: Any = None) -> tuple[Any, ...]:
        return (_real(a, 1.0, a_zero) @ _real(b, 1.0, b_zero),)

    def qlinear_conv(self: Any, *inputs: Any, **how: Any) -> tuple[Any, ...]:
        x, w, (scale, zero), bias = inputs[:3], inputs[3:6], inputs[6:8], inputs[8:]
        added = _real(bias[0], x[1] * w[1], None, 0) if bias and bias[0] is not None else None
        return quantize(self, _conv(_real(*x), _real(w[0], w[1], w[2], 0), added, how), scale, zero)

    def qlinear_matmul(self: Any, *inputs: Any) -> tuple[Any, ...]:
        return quantize(self, _real(*inputs[:3]) @ _real(*inputs[3:6]), *inputs[6:8])

    return {
        "ConvInteger": conv_integer,
        "MatMulInteger": matmul_integer,
        "QLinearConv": qlinear_conv,
        "QLinearMatMul": qlinear_matmul,
    }


def _functions(watch: Watch) -> dict[str, Callable[..., Any]]:
    quantize = _quantizer(watch)

    def finish(self: Any, y: Floats, inputs: Sequence[Any], scale: int) -> tuple[Any, ...]:
        """Codes by this input and the next; without that one of the type of the first input."""
        zero = inputs[scale + 1] if len(inputs) > scale + 1 else None
        if zero is None and inputs[2] is not None:
            zero = np.zeros((), inputs[2].dtype)
        return quantize(self, y, inputs[scale], zero)

    def gemm(self: Any, *inputs: Any, transB: int = 0, **unused: object) -> tuple[Any, ...]:
        a, bias = _real(*inputs[:3]), inputs[6:7]
        b = _real(inputs[3], inputs[4], inputs[5], 0 if transB else 1)
        y = a @ (b.T if transB else b)
        if bias and bias[0] is not None:
            y = y + _real(bias[0], inputs[1] * inputs[4], None, 0)
        return quantize(self, y, *inputs[7:9]) if len(inputs) > 7 else (y,)

    def add(self: Any, *inputs: Any) -> tuple[Any, ...]:
        return finish(self, _real(*inputs[:3]) + _real(*inputs[3:6]), inputs, 6)

    def mul(self: Any, *inputs: Any) -> tuple[Any, ...]:
        return finish(self, _real(*inputs[:3]) * _real(*inputs[3:6]), inputs, 6)

    def average(self: Any, *inputs: Any, channels_last: int = 0, **how: Any) -> tuple[Any, ...]:
        return finish(self, _averages(_real(*inputs[:3]), **how), inputs, 3)

    def global_average(self: Any, *inputs: Any, **unused: object) -> tuple[Any, ...]:
        x = _real(*inputs[:3])
        return finish(self, x.mean(axis=tuple(range(2, x.ndim)), keepdims=True), inputs, 3)

    def reduce_mean(self: Any, *inputs: Any, axes: Any = None, keepdims: int = 1) -> tuple[Any, ...]:
        x = _real(*inputs[:3])
        found = x.mean(axis=None if axes is None else tuple(axes), keepdims=bool(keepdims))
        return finish(self, found, inputs, 3)

    def leaky(self: Any, *inputs: Any, alpha: float = 0.01) -> tuple[Any, ...]:
        x = _real(*inputs[:3])
        return finish(self, np.where(x < 0, x * alpha, x), inputs, 3)

    def sigmoid(self: Any, *inputs: Any) -> tuple[Any, ...]:
        return finish(self, 1 / (1 + np.exp(-_real(*inputs[:3]))), inputs, 3)

    def concat(self: Any, *inputs: Any, axis: int = 1) -> tuple[Any, ...]:
        parts = [_real(*inputs[k : k + 3]) for k in range(2, len(inputs), 3)]
        return quantize(self, np.concatenate(parts, axis=axis), *inputs[:2])

    return {
        "QGemm": gemm,
        "QLinearAdd": add,
        "QLinearMul": mul,
        "QLinearAveragePool": average,
        "QLinearGlobalAveragePool": global_average,
        "QLinearReduceMean": reduce_mean,
        "QLinearLeakyRelu": leaky,
        "QLinearSigmoid": sigmoid,
        "QLinearConcat": concat,
    }


def _conv(x: Floats, w: Floats, bias: Floats | None, how: dict[str, Any]) -> Floats:
    names = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
    given = {"group": 1, **how}
    result: Floats = _conv_implementation(x, w, bias, *(given.get(name) for name in names))
    return result


def _averages(
    x: Floats,
    kernel_shape: Sequence[int],
    pads: Sequence[int] = (),
    strides: Sequence[int] = (),
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    auto_pad: str = "NOTSET",
) -> Floats:
    """The mean of each window: a sum over its taps, and how many of them count."""
    if auto_pad not in ("NOTSET", "VALID"):
        raise ValueError(f"auto_pad {auto_pad} of a quantised pool")
    rank, sizes = len(kernel_shape), x.shape[2:]
    before, after = list(pads[:rank]) or [0] * rank, list(pads[rank:]) or [0] * rank
    steps, counts = list(strides) or [1] * rank, []
    for n, b, a, k, s in zip(sizes, before, after, kernel_shape, steps, strict=True):
        count = (-((k - n - b - a) // s) if ceil_mode else (n + b + a - k) // s) + 1
        counts.append(count - (ceil_mode and (count - 1) * s >= n + b))
    spans = zip(counts, steps, kernel_shape, before, sizes, after, strict=True)
    explicit = [(0, 0), (0, 0), *zip(before, after, strict=True)]
    rest = [(0, 0), (0, 0), *((0, max((c - 1) * s + k - b - n - a, 0)) for c, s, k, b, n, a in spans)]
    ones = np.pad(np.ones_like(x), explicit, constant_values=float(count_include_pad))
    padded, inner = np.pad(np.pad(x, explicit), rest), np.pad(ones, rest)
    total: Any = 0.0
    seen: Any = 0.0
    for tap in np.ndindex(*kernel_shape):
        cut = tuple(slice(t, t + (c - 1) * s + 1, s) for t, c, s in zip(tap, counts, steps, strict=True))
        total = total + padded[(slice(None), slice(None), *cut)]
        seen = seen + inner[(slice(None), slice(None), *cut)]
    result: Floats = total / seen
    return result
