"""Quantisers: BipolarQuant, Quant, MultiThreshold, and a plain Sign."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from onnx import AttributeProto

from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode, channel_parameters
from bnngen.frontend.readers import handles
from bnngen.frontend.schema import QONNX, Definition
from bnngen.frontend.values import Activation, OnnxShape, QuantizedConstant
from bnngen.ir.elementwise import Affine
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, ExactArray, exact_array
from bnngen.numbers.rounding import QONNX_MODES, round_affine

INT, FLOAT, STRING = AttributeProto.INT, AttributeProto.FLOAT, AttributeProto.STRING
MAX_LEVELS = 255
MAX_BITS, MOST_CONSTANT_BITS = 8, 32
"""Of computed codes, and of biases and other constants."""
ZERO, ONE = exact_array(0), exact_array(1)
FAR = 1 << 62
"""A zero point from here on is no number that codes can be shifted by."""

_SIGN_OF_ZERO = {"plus": 1, "minus": -1}
"""What a Sign that has but two values makes of 0."""

NO_ATTRIBUTES = Definition(2)
QUANT = Definition(4, {"signed": INT, "narrow": INT, "rounding_mode": STRING})
THRESHOLDS = Definition(
    2, {"out_scale": FLOAT, "out_bias": FLOAT, "out_dtype": STRING, "data_layout": STRING}
)


@handles("BipolarQuant", domains=QONNX, definition=NO_ATTRIBUTES)
def read_bipolar_quant(node: OnnxNode, importer: Importer) -> None:
    """y = +scale if x >= 0, else -scale."""
    scale = scale_of(node, 1)
    value = node.input(0)
    if not isinstance(value, Activation):
        values = _numbers(node)
        importer.values[node.output(0)] = _known(node, np.where(values >= 0, 1, -1), scale, ZERO)
        return
    step = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
    quantized = importer.add(node, step, value)
    importer.values[node.output(0)] = rescaled(node, importer, quantized, scale, ZERO)


@handles("Sign")
def read_sign(node: OnnxNode, importer: Importer) -> None:
    """y = -1, 0 or +1: a binarizer where 0 can't occur, which is proved later, or where it is said what 0
    becomes."""
    value, zero = node.input(0), importer.sign_of_zero
    if not isinstance(value, Activation):
        signs = np.sign(_numbers(node).astype(np.float64)).astype(np.int64)
        if zero in _SIGN_OF_ZERO:
            signs[signs == 0] = _SIGN_OF_ZERO[zero]
        importer.values[node.output(0)] = QuantizedConstant(signs, ONE, ZERO)
        return
    if zero in _SIGN_OF_ZERO:
        step = Step(((Bound(Exact(), strict=_SIGN_OF_ZERO[zero] < 0),),), (False,), BIPOLAR)
    else:
        rows = ((Bound(Exact(), strict=False), Bound(Exact(), strict=True)),)
        step = Step(rows, (False,), IntType(-1, 1), from_sign=zero is None)
    importer.values[node.output(0)] = importer.add(node, step, value)


@handles("Quant", "IntQuant", domains=QONNX, definition=QUANT)
def read_quant(node: OnnxNode, importer: Importer) -> None:
    """y = (clip(round(x/scale + zero), lo, hi) - zero) * scale."""
    scale, zero = scale_of(node, 1), np.atleast_1d(node.constant(2, "its zero point").exact())
    value = node.input(0)
    most = MAX_BITS if isinstance(value, Activation) else MOST_CONSTANT_BITS
    mode, type_ = rounding_of(node), code_type(node, 3, most)
    reciprocal = ONE / scale
    if not isinstance(value, Activation):
        _check_spread(node, value.shape, scale, zero)
        ints = round_affine(_numbers(node), reciprocal, zero, mode, type_.lo, type_.hi)
        importer.values[node.output(0)] = _shifted(node, ints, scale, zero)
        return
    source = rescaled(node, importer, value, reciprocal, zero, "_scale")
    levels = Ladder(mode, tuple(range(type_.lo + 1, type_.hi + 1)))
    quantized = importer.add(node, Step((levels,), (False,), type_), source)
    importer.values[node.output(0)] = rescaled(node, importer, quantized, scale, -zero * scale)


@handles("MultiThreshold", domains=QONNX, definition=THRESHOLDS)
def read_multi_threshold(node: OnnxNode, importer: Importer) -> None:
    """y = out_scale * (how many thresholds of the channel x reaches) + out_bias."""
    value = node.activation()
    layout = node.attributes.get("data_layout", "NCHW")
    if len(value.shape) > 2 and not layout.startswith("NC"):
        raise node.error(f"has data layout {layout}; accepted are channels on axis 1 (NCHW)")
    table = node.constant(1, "its thresholds").array
    if table.ndim != 2 or not 1 <= table.shape[1] <= MAX_LEVELS:
        raise node.error(f"takes 1 to {MAX_LEVELS} thresholds a channel, not a table of shape {table.shape}")
    scale = Exact.of(node.attributes.get("out_scale", 1.0))
    bias = Exact.of(node.attributes.get("out_bias", 0.0))
    rows = tuple(tuple(Bound(t, strict=False) for t in sorted(row)) for row in exact_array(table))
    type_ = IntType(0, table.shape[1])
    if table.shape[1] == 1 and bias + bias == -scale:
        type_, scale, bias = BIPOLAR, scale / 2, Exact()
    elif scale == 1 and bias.fraction().denominator == 1 and abs(bias) <= MAX_LEVELS:
        type_, bias = IntType(int(bias), int(bias) + table.shape[1]), Exact()  # the codes are what it gives
    quantized = importer.add(node, Step(rows, (False,) * len(rows), type_), value)
    importer.values[node.output(0)] = rescaled(
        node, importer, quantized, exact_array(scale), exact_array(bias)
    )


def _known(
    node: OnnxNode, ints: NDArray[np.int64], scale: ExactArray, offset: ExactArray
) -> QuantizedConstant:
    """A quantised constant. Raises ModelError if its scale would change its shape."""
    _check_spread(node, ints.shape, scale, offset)
    return QuantizedConstant(ints, scale, offset)


def _shifted(
    node: OnnxNode, ints: NDArray[np.int64], scale: ExactArray, zero: ExactArray
) -> QuantizedConstant:
    """(ints - zero) * scale, the zero point within the integers where it is a whole number that fits."""
    if all(abs(z) < FAR and z.is_rational and z.fraction().denominator == 1 for z in zero.reshape(-1)):
        return _known(node, ints - zero.astype(np.int64), scale, ZERO)
    return _known(node, ints, scale, -zero * scale)


def _check_spread(node: OnnxNode, shape: OnnxShape, *parameters: ExactArray) -> None:
    for array in parameters:
        if array.size != 1 and not _spreads(array.shape, shape):
            raise node.error(f"has parameters of shape {array.shape} for a constant of shape {shape}")


def _spreads(shape: OnnxShape, over: OnnxShape) -> bool:
    """Whether an array of this shape can be spread over another one."""
    try:
        return np.broadcast_shapes(over, shape) == over
    except ValueError:
        return False


def _numbers(node: OnnxNode) -> np.ndarray:
    """The constant to be quantised. Raises ValueError for NaN and infinity."""
    return finite(node.constant(0, "its input").array)


def finite(array: np.ndarray) -> np.ndarray:
    """The array itself. Raises ValueError for NaN and infinity."""
    wrong = array[~np.isfinite(array.astype(np.float64))]
    if wrong.size:
        raise ValueError(f"{wrong[0]} is not a finite number")
    return array


def scale_of(node: OnnxNode, index: int) -> ExactArray:
    """The scale that an input is. Raises ModelError for 0."""
    scale = node.constant(index, "its scale").exact()
    if any(not s for s in scale.reshape(-1)):
        raise node.error("has a scale of 0")
    return scale.reshape(1) if scale.size == 1 else scale


def rounding_of(node: OnnxNode, default: str = "ROUND") -> str:
    """The rounding mode of a quantiser. Raises ModelError for an unknown one."""
    mode = node.attributes.get("rounding_mode", default).upper()
    if mode not in QONNX_MODES:
        raise node.error(f"has rounding mode {mode}; accepted are {', '.join(QONNX_MODES)}")
    return QONNX_MODES[mode]


def code_type(node: OnnxNode, index: int, most: int = MAX_BITS) -> IntType:
    """The codes of a quantiser whose bit width, from 1 to ``most``, is this input. Raises ModelError for
    others."""
    bits = node.constant(index, "its bit width").exact()
    width = bits.reshape(-1)[0].fraction() if bits.size == 1 else Fraction(1, 2)
    if width.denominator != 1 or not 1 <= width <= most:
        shown = f"{float(bits.reshape(-1)[0]):g}" if bits.size == 1 else f"numbers of shape {bits.shape}"
        raise node.error(f"has as bit width {shown}; accepted is one whole number from 1 to {most}")
    signed, narrow = node.flag("signed", default=True), int(node.flag("narrow"))
    if signed and width == 1:
        raise node.error("has only one signed bit, which tools read differently; use BipolarQuant")
    half = 1 << (int(width) - 1)
    if signed:
        lo, hi = -half + narrow, half - 1
    else:
        lo, hi = 0, 2 * half - 1 - narrow
    if lo == hi:
        raise node.error("has only one level")
    return IntType(lo, hi)


def rescaled(
    node: OnnxNode,
    importer: Importer,
    value: Activation,
    mul: ExactArray,
    add: ExactArray,
    suffix: str = "_unscale",
) -> Activation:
    """The affine mul*x + add behind a tensor, unless it changes nothing."""
    mul, add = (channel_parameters(node, p, value) for p in (mul, add))
    if all(m == 1 for m in mul.reshape(-1)) and not any(add.reshape(-1)):
        return value
    return importer.add(node, Affine(mul, add), value, suffix=suffix)
