"""Operators on integers that stand for real numbers, in doubles and in exact fractions: ONNX's, ONNX Runtime's, and
QONNX's Trunc. The integers are of the types that the file says."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from tests.fuzz.operators import IN_FRACTIONS, QONNX_DOMAINS, ROUNDINGS, each, exact, is_exact, operator
from tests.fuzz.windows import run_average_pool, run_conv

MICROSOFT = "com.microsoft"
LINEAR = ("", MICROSOFT)
NARROW = {
    TensorProto.INT4: (-8, 7),
    TensorProto.UINT4: (0, 15),
    TensorProto.INT2: (-2, 1),
    TensorProto.UINT2: (0, 3),
}
PRECISIONS = (TensorProto.UNDEFINED, TensorProto.FLOAT, TensorProto.DOUBLE)
Array = NDArray[Any]


def real(values: Array) -> Array:
    """Integers as the numbers that the file is evaluated in."""
    return exact(values.astype(np.float64)) if IN_FRACTIONS.get() else values.astype(np.float64)


def ends(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest number of a type of integers. Raises TypeError for another type."""
    type_ = helper.np_dtype_to_tensor_dtype(dtype)
    if type_ in NARROW:
        return NARROW[type_]
    if dtype.kind not in "iu":
        raise TypeError(f"no type of integers: {dtype}")
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def along(values: Array, x: Array, axis: int | None) -> Array:
    """One number, or one for each element of an ``axis`` of ``x``, if there is one, as it broadcasts."""
    if values.size == 1:
        return values.reshape(())
    if axis is None or values.shape != (x.shape[axis],):
        raise ValueError("one number, or one for each element of the axis")
    return values.reshape([-1 if k == axis % x.ndim else 1 for k in range(x.ndim)])


def dequantized(x: Array, scale: Array | None, zero: Array | None, axis: int | None = None) -> Array:
    """(x - zero) * scale, in real numbers."""
    ends(x.dtype)
    y = real(x)
    if zero is not None:
        if zero.dtype != x.dtype:
            raise TypeError("a zero point is of the type of the integers")
        y = y - along(real(zero), x, axis)
    return y if scale is None else y * along(scale, x, axis)


def quantized(
    x: Array, scale: Array, zero: Array | None, dtype: Any, axis: int | None = None, last: bool = False
) -> Array:
    """Integers of a type, by rounding half to even; ``last``: only after the zero point is added."""
    lo, hi = ends(dtype)
    scaled = x / along(scale, x, axis)
    moved = np.zeros((), np.int64) if zero is None else along(zero.astype(np.int64), x, axis)
    if last:
        scaled, moved = scaled + (each(Fraction)(moved) if is_exact(scaled) else moved), moved * 0
    rounded = (each(round)(scaled) if is_exact(scaled) else np.round(scaled)) + moved
    result: Array = np.clip(rounded, lo, hi).astype(np.int64).astype(dtype)
    return result


@operator("QuantizeLinear", *LINEAR)
def run_quantize_linear(
    self: Any,
    x: Array,
    scale: Array,
    zero: Array | None = None,
    axis: int = 1,
    saturate: int = 1,
    block_size: int = 0,
    output_dtype: int = 0,
    precision: int = 0,
) -> tuple[Any, ...]:
    if block_size or precision not in PRECISIONS:
        raise ValueError("no blocks, and no less than single precision")
    dtype = helper.tensor_dtype_to_np_dtype(output_dtype or TensorProto.UINT8)
    if zero is not None:
        if output_dtype and zero.dtype != dtype:
            raise TypeError("a zero point of another type")
        dtype = zero.dtype
    return (quantized(x, scale, zero, dtype, axis),)


@operator("DequantizeLinear", *LINEAR)
def run_dequantize_linear(
    self: Any,
    x: Array,
    scale: Array,
    zero: Array | None = None,
    axis: int = 1,
    block_size: int = 0,
    output_dtype: int = 0,
) -> tuple[Any, ...]:
    if block_size or output_dtype not in PRECISIONS:
        raise ValueError("no blocks, and no less than single precision")
    return (dequantized(x, scale, zero, axis),)


def _conv(x: Array, weights: Array, bias: Array | None, how: dict[str, Any]) -> Array:
    result: Array = run_conv(None, x, weights, bias, **how)[0]
    return result


def _sums(y: Array) -> Array:
    """As integers of 32 bits. Raises ValueError where they do not hold them."""
    lo, hi = ends(np.dtype(np.int32))
    if y.size and (min(y.flat) < lo or max(y.flat) > hi):
        raise ValueError("sums that wrap around")
    return y.astype(np.int64).astype(np.int32)


@operator("ConvInteger")
def run_conv_integer(
    self: Any, x: Array, w: Array, x_zero: Array | None = None, w_zero: Array | None = None, **how: Any
) -> tuple[Any, ...]:
    return (_sums(_conv(dequantized(x, None, x_zero), dequantized(w, None, w_zero, 0), None, how)),)


@operator("MatMulInteger")
def run_matmul_integer(
    self: Any, a: Array, b: Array, a_zero: Array | None = None, b_zero: Array | None = None
) -> tuple[Any, ...]:
    return (_sums(dequantized(a, None, a_zero) @ dequantized(b, None, b_zero, b.ndim - 1)),)


@operator("QLinearConv")
def run_qlinear_conv(
    self: Any,
    x: Array,
    x_scale: Array,
    x_zero: Array,
    w: Array,
    w_scale: Array,
    w_zero: Array,
    y_scale: Array,
    y_zero: Array,
    bias: Array | None = None,
    **how: Any,
) -> tuple[Any, ...]:
    added = None if bias is None else _bias(bias, x_scale, w_scale)
    y = _conv(dequantized(x, x_scale, x_zero), dequantized(w, w_scale, w_zero, 0), added, how)
    return (quantized(y, y_scale, y_zero, y_zero.dtype),)


def _bias(bias: Array, x_scale: Array, w_scale: Array) -> Array:
    """Integers of 32 bits, in units of the products."""
    if bias.dtype != np.int32:
        raise TypeError("a bias is of 32 bits")
    unit: Array = x_scale.reshape(()) * (w_scale if w_scale.size > 1 else w_scale.reshape(()))
    result: Array = real(bias) * unit
    return result


@operator("QLinearMatMul")
def run_qlinear_matmul(
    self: Any,
    a: Array,
    a_scale: Array,
    a_zero: Array,
    b: Array,
    b_scale: Array,
    b_zero: Array,
    y_scale: Array,
    y_zero: Array,
) -> tuple[Any, ...]:
    y = dequantized(a, a_scale, a_zero) @ dequantized(b, b_scale, b_zero, b.ndim - 1)
    return (quantized(y, y_scale, y_zero, y_zero.dtype),)


@operator("QGemm", MICROSOFT)
def run_qgemm(
    self: Any,
    a: Array,
    a_scale: Array,
    a_zero: Array | None,
    b: Array,
    b_scale: Array,
    b_zero: Array | None,
    c: Array | None = None,
    y_scale: Array | None = None,
    y_zero: Array | None = None,
    alpha: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> tuple[Any, ...]:
    if a.ndim != 2 or b.ndim != 2 or alpha != 1.0:
        raise ValueError("two matrices, and no factor")
    left, right = dequantized(a, a_scale, a_zero), dequantized(b, b_scale, b_zero, 0 if transB else 1)
    y = (left.T if transA else left) @ (right.T if transB else right)
    if c is not None:
        y = y + np.broadcast_to(_bias(c, a_scale, b_scale), y.shape)
    if y_scale is None and y_zero is None:
        return (y,)
    if y_scale is None or y_zero is None:
        raise ValueError("the result has both a scale and a zero point, or neither")
    return (quantized(y, y_scale, y_zero, y_zero.dtype),)


def _like(x: Array, y: Array, scale: Array, zero: Array | None, last: bool = False) -> tuple[Any, ...]:
    """The result of an operator whose integers are all of one type, that of ``x``."""
    if zero is not None and zero.dtype != x.dtype:
        raise TypeError("the result is of the type of the input")
    return (quantized(y, scale, zero, x.dtype, last=last),)


def _binary(name: str, compute: Any) -> None:
    def run(
        self: Any,
        a: Array,
        a_scale: Array,
        a_zero: Array | None,
        b: Array,
        b_scale: Array,
        b_zero: Array | None,
        y_scale: Array,
        y_zero: Array | None = None,
    ) -> tuple[Any, ...]:
        if a.dtype != b.dtype:
            raise TypeError("both sides are of one type")
        y = compute(dequantized(a, a_scale, a_zero), dequantized(b, b_scale, b_zero))
        return _like(a, y, y_scale, y_zero, last=True)

    operator(name, MICROSOFT)(run)


_binary("QLinearAdd", lambda a, b: a + b)
_binary("QLinearMul", lambda a, b: a * b)


def _unary(name: str, compute: Any) -> None:
    def run(
        self: Any,
        x: Array,
        x_scale: Array,
        x_zero: Array | None,
        y_scale: Array,
        y_zero: Array | None = None,
        **how: Any,
    ) -> tuple[Any, ...]:
        y = compute(dequantized(x, x_scale, x_zero), **how)
        return _like(x, y, y_scale, y_zero, last=name == "QLinearAveragePool")

    operator(name, MICROSOFT)(run)


def _average_pool(x: Array, channels_last: int = 0, **how: Any) -> Array:
    if channels_last:
        raise ValueError("only with the channels first")
    result: Array = run_average_pool(None, x, **how)[0]
    return result


def _global_average(x: Array, channels_last: int = 0) -> Array:
    axes = range(1, x.ndim - 1) if channels_last else range(2, x.ndim)
    return _mean(x, tuple(axes), 1)


def _mean(x: Array, axes: Any = None, keepdims: int = 1) -> Array:
    axes = tuple(range(x.ndim)) if axes is None else tuple(axes)
    result: Array = x.mean(axis=axes, keepdims=bool(keepdims))
    return result


def _leaky(x: Array, alpha: float = 0.01) -> Array:
    slope = np.array(np.float32(alpha), np.float64)
    return np.where(x < 0, x * (exact(slope)[()] if is_exact(x) else slope), x)


def _sigmoid(x: Array) -> Array:
    """Not a fraction: doubles."""
    y = 1 / (1 + np.exp(-x.astype(np.float64)))
    return exact(y) if is_exact(x) else y


_unary("QLinearAveragePool", _average_pool)
_unary("QLinearGlobalAveragePool", _global_average)
_unary("QLinearReduceMean", _mean)
_unary("QLinearLeakyRelu", _leaky)
_unary("QLinearSigmoid", _sigmoid)


@operator("QLinearConcat", MICROSOFT)
def run_qlinear_concat(
    self: Any, y_scale: Array, y_zero: Array, *inputs: Array, axis: int
) -> tuple[Any, ...]:
    if not inputs or len(inputs) % 3:
        raise ValueError("three inputs for each tensor")
    tensors = zip(inputs[::3], inputs[1::3], inputs[2::3], strict=True)
    parts = [dequantized(x, scale, zero) for x, scale, zero in tensors]
    return _like(inputs[0], np.concatenate(parts, axis=axis), y_scale, y_zero)


@operator("Trunc", *QONNX_DOMAINS)
def run_trunc(
    self: Any,
    x: Array,
    scale: Array,
    zero: Array,
    in_bits: Array,
    out_scale: Array,
    out_bits: Array,
    signed: int = 1,
    narrow: int = 0,
    rounding_mode: str = "FLOOR",
) -> tuple[Any, ...]:
    """Integers of ``in_bits`` lose their lowest bits, as many as the scales are powers of two apart."""
    (width,) = (int(b) for b in out_bits.reshape(-1))
    if width != out_bits.reshape(-1)[0] or width < 1 or {signed, narrow} - {0, 1}:
        raise ValueError("a width is one whole number, signed and narrow are 0 or 1")
    lo = -(1 << (width - 1)) + narrow if signed else 0
    hi = (1 << (width - 1)) - 1 if signed else (1 << width) - 1 - narrow
    ratio = np.asarray(out_scale / scale, np.float64)
    power = np.asarray(np.exp2(np.round(np.log2(ratio))))
    if not np.isfinite(power).all():
        raise ValueError("scales of different signs")
    scaled = x / scale + zero
    doubles, fraction = ROUNDINGS[rounding_mode.upper()]
    if is_exact(scaled):
        power = exact(power)
        codes = each(fraction)(each(round)(scaled) / power)
    else:
        codes = doubles(np.round(scaled) / power)
    return ((np.clip(codes, lo, hi) - zero / power) * out_scale,)
