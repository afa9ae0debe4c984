"""Operators for onnx's reference evaluator that compute in doubles and in exact fractions.

An array of fractions is an object array of Fraction. QONNX's operators are here because the evaluator has none of
them; ONNX's own are here where the evaluator's are wrong for some attributes, or work on doubles only. An attribute
that an operator does not know is an error, as it is in a whole file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper
from onnx.reference.op_run import OpRun

QONNX_DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")
ROOT_BITS = 400
"""A square root that is no fraction is off by less than two to the minus this."""
OPERATORS: list[type[OpRun]] = []
"""All that were defined."""

Axes = Sequence[int] | None
Run = Callable[..., tuple[Any, ...]]


def operator(name: str, *domains: str) -> Callable[[Run], Run]:
    """Registers a function as the meaning of an operator, in ONNX's own domain if no other is given."""

    def register(run: Run) -> Run:
        OPERATORS.extend(type(name, (OpRun,), {"op_domain": d, "_run": run}) for d in domains or ("",))
        return run

    return register


def exact(array: NDArray[Any]) -> NDArray[Any]:
    """Doubles as fractions. Raises ValueError or OverflowError for NaN and infinity."""
    fractions = np.empty(array.shape, object)
    fractions.reshape(-1)[:] = [Fraction(v) for v in array.reshape(-1).tolist()]
    return fractions


IN_FRACTIONS = ContextVar("IN_FRACTIONS", default=False)
"""Whether a file is being evaluated in fractions: what is cast to doubles becomes fractions then."""


def is_exact(*arrays: NDArray[Any] | None) -> bool:
    """Whether one of these is an array of fractions."""
    return any(a is not None and a.dtype == object for a in arrays)


def number_like(value: float, x: NDArray[Any]) -> Any:
    """An attribute as a number of the kind that ``x`` holds."""
    return Fraction(float(value)) if is_exact(x) else float(value)


def each(function: Callable[[Any], Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """A function of one number, for arrays."""
    return lambda x: np.asarray(np.frompyfunc(function, 1, 1)(x), object) if x.size else x


def root(value: Fraction) -> Fraction:
    """The square root: exact where it is a fraction."""
    squares = [math.isqrt(n) for n in (value.numerator, value.denominator)]
    if [s * s for s in squares] == [value.numerator, value.denominator]:
        return Fraction(*squares)
    return Fraction(math.isqrt((value.numerator << 2 * ROOT_BITS) // value.denominator), 1 << ROOT_BITS)


def _sqrt(x: NDArray[Any]) -> NDArray[Any]:
    return each(root)(x) if is_exact(x) else np.sqrt(x)


@operator("Cast")
def run_cast(
    self: Any, x: NDArray[Any], to: int = 0, saturate: int = 1, round_mode: str = "up"
) -> tuple[Any, ...]:
    dtype = helper.tensor_dtype_to_np_dtype(to)
    if dtype.kind == "f" and IN_FRACTIONS.get():
        return (x if is_exact(x) else exact(x.astype(np.float64)),)
    if dtype.kind == "b":
        return (np.asarray(x != 0, bool),)
    return ((each(math.trunc)(x) if is_exact(x) else x).astype(dtype),)


@operator("Sqrt")
def run_sqrt(self: Any, x: NDArray[Any]) -> tuple[Any, ...]:
    return (_sqrt(x),)


@operator("Pow")
def run_pow(self: Any, x: NDArray[Any], exponent: NDArray[Any]) -> tuple[Any, ...]:
    if not is_exact(x, exponent):
        return (np.power(x, exponent),)
    (power,) = exponent.reshape(-1)
    whole = _sqrt(x) if abs(power) == Fraction(1, 2) else x ** abs(int(power))
    return (1 / whole if power < 0 else whole,)


ROUNDINGS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "ROUND": (np.round, round),
    "CEIL": (np.ceil, math.ceil),
    "FLOOR": (np.floor, math.floor),
    "UP": (lambda v: np.sign(v) * np.ceil(np.abs(v)), lambda v: _signed(math.ceil, v)),
    "DOWN": (np.trunc, math.trunc),
    "ROUND_TO_ZERO": (np.trunc, math.trunc),
    "HALF_UP": (
        lambda v: np.sign(v) * np.floor(np.abs(v) + 0.5),
        lambda v: _signed(lambda a: math.floor(a + Fraction(1, 2)), v),
    ),
    "HALF_DOWN": (
        lambda v: np.sign(v) * np.ceil(np.abs(v) - 0.5),
        lambda v: _signed(lambda a: math.ceil(a - Fraction(1, 2)), v),
    ),
}
"""QONNX's rounding modes, of doubles and of a fraction."""


def _signed(function: Callable[[Any], int], value: Fraction) -> int:
    return function(value) if value >= 0 else -function(-value)


@operator("BipolarQuant", *QONNX_DOMAINS)
def run_bipolar_quant(self: Any, x: NDArray[Any], scale: NDArray[Any]) -> tuple[Any, ...]:
    return (np.where(x >= 0, number_like(1, x), number_like(-1, x)) * scale,)


def _quant(
    self: Any,
    x: NDArray[Any],
    scale: NDArray[Any],
    zero: NDArray[Any],
    bits: NDArray[Any],
    signed: int = 1,
    narrow: int = 0,
    rounding_mode: str = "ROUND",
) -> tuple[Any, ...]:
    (width,) = (int(b) for b in bits.reshape(-1))
    if width != bits.reshape(-1)[0] or width < 1 or {signed, narrow} - {0, 1}:
        raise ValueError("a width is one whole number, signed and narrow are 0 or 1")
    lo = -(1 << (width - 1)) + narrow if signed else 0
    hi = (1 << (width - 1)) - 1 if signed else (1 << width) - 1 - narrow
    doubles, fraction = ROUNDINGS[rounding_mode.upper()]
    scaled = x / scale + zero
    codes = np.clip((each(fraction) if is_exact(scaled) else doubles)(scaled), lo, hi)
    return ((codes - zero) * scale,)


operator("Quant", *QONNX_DOMAINS)(_quant)
operator("IntQuant", *QONNX_DOMAINS)(_quant)


@operator("MultiThreshold", *QONNX_DOMAINS)
def run_multi_threshold(
    self: Any,
    x: NDArray[Any],
    thresholds: NDArray[Any],
    out_scale: float = 1.0,
    out_bias: float = 0.0,
    out_dtype: str = "",
    data_layout: str = "NCHW",
) -> tuple[Any, ...]:
    if data_layout not in ("NCHW", "NCW", "NC") and x.ndim > 2:
        raise ValueError(f"no data layout {data_layout}")
    table = thresholds.reshape(thresholds.shape[0], *(1,) * (x.ndim - 2), -1)
    if len(table) not in (1, x.shape[1]):
        raise ValueError("one row of thresholds, or one a channel")
    count = (x[..., None] >= table[None]).sum(axis=-1)
    return (count * number_like(out_scale, x) + number_like(out_bias, x),)


@operator("BatchNormalization")
def run_batch_normalization(
    self: Any,
    x: NDArray[Any],
    *parameters: NDArray[Any],
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    training_mode: int = 0,
    spatial: int = 1,
) -> tuple[Any, ...]:
    channels = x.shape[1:2] or (1,)
    if len(parameters) != 4 or any(p.shape != channels for p in parameters) or spatial != 1:
        raise ValueError("four parameters, each a number a channel")
    gamma, beta, mean, var = (p.reshape(-1, *(1,) * max(0, x.ndim - 2)) for p in parameters)
    if training_mode:
        axes = tuple(a for a in range(x.ndim) if a != 1)
        mean = x.mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    return (gamma * (x - mean) / _sqrt(var + number_like(epsilon, x)) + beta,)


@operator("Dropout")
def run_dropout(
    self: Any,
    x: NDArray[Any],
    ratio: NDArray[Any] | float = 0.5,
    training: NDArray[Any] | bool = False,
    seed: int = 0,
    is_test: int = 1,
) -> tuple[Any, ...]:
    """In training mode by chance: nobody computes the same."""
    if not np.any(training):
        return x, np.ones(x.shape, bool)
    kept = np.random.default_rng(seed).random(x.shape) >= np.max(ratio)
    return np.where(kept, x / number_like(1 - np.max(ratio), x), number_like(0, x)), kept


@operator("Gemm")
def run_gemm(
    self: Any,
    a: NDArray[Any],
    b: NDArray[Any],
    c: NDArray[Any] | None = None,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> tuple[Any, ...]:
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError("two matrices")
    product = (a.T if transA else a) @ (b.T if transB else b) * number_like(alpha, a)
    if c is None:
        return (product,)
    return (product + np.broadcast_to(c, product.shape) * number_like(beta, a),)


@operator("Softmax")
def run_softmax(self: Any, x: NDArray[Any], axis: int = -1) -> tuple[Any, ...]:
    """Its result is no fraction: doubles of exact differences from the greatest."""
    if self.run_params["opsets"].get("", 99) < 13:  # over all axes from this one on, by default the second
        axis = 1 if axis == -1 and not any(a.name == "axis" for a in self.onnx_node.attribute) else axis
        shape = (math.prod(x.shape[: axis % x.ndim]), -1)
        return (_softmax(x.reshape(shape), -1).reshape(x.shape),)
    return (_softmax(x, axis),)


def _softmax(x: NDArray[Any], axis: int) -> NDArray[Any]:
    grown = np.exp((x - x.max(axis=axis, keepdims=True)).astype(np.float64))
    result: NDArray[Any] = grown / grown.sum(axis=axis, keepdims=True)
    return result
