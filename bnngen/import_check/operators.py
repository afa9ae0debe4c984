"""Operators for onnx's reference evaluator: those of QONNX and FINN, and its own where it is wrong.

They are written from the definitions of the operators (qonnx.custom_op.general; ONNX), not from the importer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx.reference.op_run import OpRun

from bnngen.import_check import quantized_tensors
from bnngen.import_check.conv_transpose import conv_transpose
from bnngen.import_check.heads import log_softmax, sigmoid, softmax
from bnngen.import_check.pools import average_pool, max_pool

QUANTIZER_DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general", "finn")

Floats = NDArray[np.float64]
Watch = Callable[[str, NDArray[np.bool_]], None]
"""Is told the output of a quantiser, and which elements lie just where the result changes."""

_ROUNDINGS: dict[str, tuple[Callable[[Floats], Floats], float]] = {
    "ROUND": (np.round, 0.5),
    "HALF_EVEN": (np.round, 0.5),
    "CEIL": (np.ceil, 0.0),
    "FLOOR": (np.floor, 0.0),
    "UP": (lambda v: np.sign(v) * np.ceil(np.abs(v)), 0.0),
    "DOWN": (np.trunc, 0.0),
    "ROUND_TO_ZERO": (np.trunc, 0.0),
    "HALF_UP": (lambda v: np.sign(v) * np.floor(np.abs(v) + 0.5), 0.5),
    "HALF_DOWN": (lambda v: np.sign(v) * np.ceil(np.abs(v) - 0.5), 0.5),
}
"""How each mode rounds, and the fraction at which its result changes."""


def operators(watch: Watch, sign_of_zero: str = "zero") -> list[type[OpRun]]:
    """The classes that `onnx.reference.ReferenceEvaluator` takes as ``new_ops``; ``sign_of_zero``: what Sign
    gives at 0, "plus" or "minus" in place of ONNX's 0."""

    def bipolar_quant(self: Any, x: Floats, scale: Floats) -> tuple[Any, ...]:
        watch(self.onnx_node.output[0], x == 0)
        return (np.where(x >= 0, 1.0, -1.0) * scale,)

    def sign(self: Any, x: Floats) -> tuple[Any, ...]:
        watch(self.onnx_node.output[0], x == 0)
        at_zero = {"plus": 1.0, "minus": -1.0}.get(sign_of_zero, 0.0)
        return (np.where(x == 0, at_zero, np.sign(x)),)

    def quant(
        self: Any,
        x: Floats,
        scale: Floats,
        zero: Floats,
        bits: Floats,
        signed: int = 1,
        narrow: int = 0,
        rounding_mode: str = "ROUND",
    ) -> tuple[Any, ...]:
        levels = 2.0 ** float(np.reshape(bits, -1)[0])
        lo = -levels / 2 + narrow if signed else 0.0
        hi = levels / 2 - 1 if signed else levels - 1 - narrow
        rounded, edge = _ROUNDINGS[rounding_mode.upper()]
        value = x / scale + zero
        watch(self.onnx_node.output[0], value - edge == np.round(value - edge))
        return ((np.clip(rounded(value), lo, hi) - zero) * scale,)

    def trunc(
        self: Any,
        x: Floats,
        scale: Floats,
        zero: Floats,
        in_bits: Floats,
        out_scale: Floats,
        out_bits: Floats,
        signed: int = 1,
        narrow: int = 0,
        rounding_mode: str = "FLOOR",
    ) -> tuple[Any, ...]:
        levels = 2.0 ** float(np.reshape(out_bits, -1)[0])
        lo = -levels / 2 + narrow if signed else 0.0
        hi = levels / 2 - 1 if signed else levels - 1 - narrow
        value, power = x / scale + zero, 2.0 ** np.round(np.log2(out_scale / scale))
        watch(self.onnx_node.output[0], value - 0.5 == np.round(value - 0.5))
        codes = np.clip(_ROUNDINGS[rounding_mode.upper()][0](np.round(value) / power), lo, hi)
        return ((codes - zero / power) * out_scale,)

    def multi_threshold(
        self: Any,
        x: Floats,
        thresholds: Floats,
        out_scale: float = 1.0,
        out_bias: float = 0.0,
        **unused: object,
    ) -> tuple[Any, ...]:
        table = thresholds.reshape(thresholds.shape[0], *(1,) * (x.ndim - 2), -1)
        above = x[..., None] - table[None]
        watch(self.onnx_node.output[0], (above == 0).any(axis=-1))
        return ((above >= 0).sum(axis=-1) * out_scale + out_bias,)

    def comparison(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Any, a: Floats, b: Floats) -> tuple[Any, ...]:
            watch(self.onnx_node.output[0], a == b)
            return (function(a, b),)

        return run

    def rounding(function: Callable[[Floats], Floats], edge: float) -> Callable[..., Any]:
        def run(self: Any, x: Floats) -> tuple[Any, ...]:
            watch(self.onnx_node.output[0], x - edge == np.round(x - edge))
            return (function(x),)

        return run

    custom: dict[str, Callable[..., Any]] = {
        "BipolarQuant": bipolar_quant,
        "Quant": quant,
        "IntQuant": quant,
        "MultiThreshold": multi_threshold,
        "Trunc": trunc,
    }
    standard: dict[str, Callable[..., Any]] = {
        "Sign": sign,
        "BatchNormalization": _batch_norm,
        "AveragePool": average_pool,
        "ConvTranspose": conv_transpose,
        "LogSoftmax": log_softmax,
        "MaxPool": max_pool,
        "Sigmoid": sigmoid,
        "Softmax": softmax,
        "GlobalMaxPool": _global_max_pool,
        "Resize": _resize,
        "Upsample": _upsample,
        "GreaterOrEqual": comparison(np.greater_equal),
        "Greater": comparison(np.greater),
        "LessOrEqual": comparison(np.less_equal),
        "Less": comparison(np.less),
        "Round": rounding(np.round, 0.5),
        "Floor": rounding(np.floor, 0.0),
        "Ceil": rounding(np.ceil, 0.0),
    }
    return [
        *(_operator(domain, name, run) for domain in QUANTIZER_DOMAINS for name, run in custom.items()),
        *(_operator("", name, run) for name, run in (standard | quantized_tensors.standard(watch)).items()),
        *(_operator("com.microsoft", n, run) for n, run in quantized_tensors.of_onnx_runtime(watch).items()),
    ]


def _operator(domain: str, name: str, run: Callable[..., Any]) -> type[OpRun]:
    return type(name, (OpRun,), {"op_domain": domain, "_run": run})


def _batch_norm(
    self: Any, x: Floats, *parameters: Floats, epsilon: float = 1e-5, **unused: object
) -> tuple[Any, ...]:
    """The evaluator's own takes its statistics from the batch before opset 14."""
    gamma, beta, mean, var = (p.reshape(-1, *(1,) * (x.ndim - 2)) for p in parameters)
    return (gamma * (x - mean) / np.sqrt(var + epsilon) + beta,)


def _global_max_pool(self: Any, x: Floats) -> tuple[Any, ...]:
    """The evaluator's own takes the greatest of all channels where a map has one axis."""
    return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


def _resize(
    self: Any,
    x: Floats,
    *inputs: NDArray[Any] | None,
    coordinate_transformation_mode: str = "half_pixel",
    nearest_mode: str = "round_prefer_floor",
    **unused: object,
) -> tuple[Any, ...]:
    """To the nearest neighbour; the evaluator's own refuses some of the ways to say how much."""
    given = [i for i in inputs if i is not None and i.size][-1]  # sizes behind scales behind the region
    whole = given.dtype == np.int64
    sizes = given if whole else [int(np.floor(n * s)) for n, s in zip(x.shape, given, strict=True)]
    for axis, (n, size) in enumerate(zip(x.shape, sizes, strict=True)):
        shift = 0.0 if coordinate_transformation_mode == "asymmetric" else 0.5
        at = (np.arange(size) + shift) * n / size - shift
        x = np.take(x, np.clip(_NEAREST[nearest_mode](at), 0, n - 1).astype(int), axis=axis)
    return (x,)


_NEAREST: dict[str, Callable[[Floats], Floats]] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _upsample(self: Any, x: Floats, scales: Any = None, mode: str = "nearest") -> tuple[Any, ...]:
    return _resize(
        self, x, np.asarray(scales), coordinate_transformation_mode="asymmetric", nearest_mode="floor"
    )
