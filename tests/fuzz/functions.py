"""Functions of one number for onnx's reference evaluator: in doubles, and in fractions, which are exact for what is
rational and right to some dozen digits for all else."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fuzz.operators import each, exact, is_exact, number_like, operator

FAR = 1_000
"""Beyond this an exponential is so small, or so large, that it might as well be there."""
DIGITS = 500
"""Enough to tell 1 - e**-FAR, which is never rounded up to 1, from 1."""
Array = NDArray[Any]
SELU_ALPHA, SELU_GAMMA = 1.67326319217681884765625, 1.05070102214813232421875
"""As ONNX has them."""


def single(value: float) -> float:
    """An attribute's default, which is of single precision like any other value."""
    return float(np.float32(value))


def decimal(function: Callable[[Decimal], Decimal]) -> Callable[[Any], Fraction]:
    """A function of decimals, for fractions."""

    def run(value: Any) -> Fraction:
        with localcontext() as context:
            context.prec = DIGITS
            fraction = Fraction(value)
            return Fraction(function(Decimal(fraction.numerator) / Decimal(fraction.denominator)))

    return run


def _grown(x: Decimal) -> Decimal:
    return min(max(x, Decimal(-FAR)), Decimal(FAR)).exp()


def _sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + _grown(-x))


def _tanh(x: Decimal) -> Decimal:
    return 1 - 2 / (1 + _grown(2 * x))


def _softplus(x: Decimal) -> Decimal:
    return x if x > FAR else (1 + _grown(x)).ln()


def _plain(name: str, doubles: Callable[[Array], Array], fraction: Callable[[Any], Any]) -> None:
    """An operator without attributes."""

    def run(self: Any, x: Array) -> tuple[Any, ...]:
        if is_exact(x):
            return (each(fraction)(x),)
        return (np.asarray(doubles(x)).astype(x.dtype),)

    operator(name)(run)


_plain("Round", np.round, round)
_plain("Floor", np.floor, math.floor)
_plain("Ceil", np.ceil, math.ceil)
_plain("Sigmoid", lambda x: 1 / (1 + np.exp(-x)), decimal(_sigmoid))
_plain("Tanh", np.tanh, decimal(_tanh))
_plain("Softplus", lambda x: np.logaddexp(0, x), decimal(_softplus))
_plain("Softsign", lambda x: x / (1 + np.abs(x)), lambda v: v / (1 + abs(v)))
_plain("Exp", np.exp, decimal(_grown))
_plain(
    "HardSwish",
    lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    lambda v: v * min(max(v / 6 + Fraction(1, 2), 0), 1),
)
_plain("Mish", lambda x: x * np.tanh(np.logaddexp(0, x)), decimal(lambda v: v * _tanh(_softplus(v))))


def _below(x: Array, low: Callable[[Array], Array]) -> Array:
    """``x`` itself where it is not below 0, else what ``low`` makes of it."""
    negative = x < 0
    return np.where(negative, low(np.where(negative, x, number_like(0, x))), x)


@operator("LeakyRelu")
def run_leaky_relu(self: Any, x: Array, alpha: float = single(0.01)) -> tuple[Any, ...]:
    return (_below(x, lambda v: v * number_like(alpha, x)),)


@operator("PRelu")
def run_prelu(self: Any, x: Array, slope: Array) -> tuple[Any, ...]:
    if np.broadcast_shapes(x.shape, slope.shape) != x.shape:
        raise ValueError("a slope that changes the shape")
    return (_below(x, lambda v: v * slope),)


@operator("ThresholdedRelu")
def run_thresholded_relu(self: Any, x: Array, alpha: float = 1.0) -> tuple[Any, ...]:
    return (np.where(x > number_like(alpha, x), x, number_like(0, x)),)


@operator("HardSigmoid")
def run_hard_sigmoid(self: Any, x: Array, alpha: float = single(0.2), beta: float = 0.5) -> tuple[Any, ...]:
    line = x * number_like(alpha, x) + number_like(beta, x)
    return (np.minimum(np.maximum(line, number_like(0, x)), number_like(1, x)),)


def _shrunk(x: Array) -> Array:
    """exp(x) - 1."""
    return each(decimal(lambda v: _grown(v) - 1))(x) if is_exact(x) else np.expm1(x)


@operator("Elu")
def run_elu(self: Any, x: Array, alpha: float = 1.0) -> tuple[Any, ...]:
    return (_below(x, lambda v: _shrunk(v) * number_like(alpha, x)),)


@operator("Celu")
def run_celu(self: Any, x: Array, alpha: float = 1.0) -> tuple[Any, ...]:
    scale = number_like(alpha, x)
    zero = number_like(0, x)
    if not alpha:
        raise ValueError("divides by zero")
    return (np.maximum(x, zero) + np.minimum(scale * _shrunk(np.minimum(x / scale, FAR)), zero),)


@operator("Selu")
def run_selu(
    self: Any, x: Array, alpha: float = single(SELU_ALPHA), gamma: float = single(SELU_GAMMA)
) -> tuple[Any, ...]:
    return (_below(x, lambda v: _shrunk(v) * number_like(alpha, x)) * number_like(gamma, x),)


@operator("Swish")
def run_swish(self: Any, x: Array, alpha: float = 1.0) -> tuple[Any, ...]:
    scaled = x * number_like(alpha, x)
    return (x * (each(decimal(_sigmoid))(scaled) if is_exact(x) else 1 / (1 + np.exp(-scaled))),)


@operator("Gelu")
def run_gelu(self: Any, x: Array, approximate: str = "none") -> tuple[Any, ...]:
    """Doubles."""
    v = x.astype(np.float64)
    if approximate == "none":
        y = v * (1 + np.vectorize(math.erf, otypes=[float])(v / math.sqrt(2))) / 2
    else:
        y = v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) / 2
    return (exact(y) if is_exact(x) else y,)


@operator("Mod")
def run_mod(self: Any, a: Array, b: Array, fmod: int = 0) -> tuple[Any, ...]:
    """With the sign of the divisor, or with ``fmod`` that of the dividend."""
    if not np.all(b):
        raise ValueError("divides by zero")
    if not is_exact(a, b):
        return (np.fmod(a, b) if fmod else np.mod(a, b),)
    return (np.where(a < 0, -(abs(a) % abs(b)), abs(a) % abs(b)) if fmod else a % b,)
