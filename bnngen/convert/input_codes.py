"""The host's quantiser in a file: what it makes of a real number, then an operator that only rounds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from onnx import TensorProto

from bnngen.base.errors import ModelError
from bnngen.convert.writer import NetworkWriter, Tensor
from bnngen.frontend.chosen import quant_attributes, write_quant
from bnngen.frontend.schema import QONNX
from bnngen.ir.graph import channels_last
from bnngen.numbers.datatypes import IntType
from bnngen.numbers.rounding import QONNX_MODES
from bnngen.reference.network import Network

_WISH = "input"
_MODES = {name: mode for mode, name in reversed(QONNX_MODES.items())}
_SHIFTED = {"half_up": ("FLOOR", Fraction(1, 2)), "half_down": ("CEIL", Fraction(-1, 2))}
"""Roundings that QONNX does not have: another one of a number that is moved."""


def write_codes(writer: NetworkWriter, network: Network, name: str) -> Tensor:
    """The codes of the input ``name``, as they stream. Raises ModelError for a type that no file can hold."""
    quantizer = network.quantizer
    x = Tensor(name, channels_last(network.model_shape))
    if quantizer.rounding == "half_odd":
        x = writer.affine(x, quantizer.mul, quantizer.add - 1, _WISH)
        x = _rounded_to_odd(writer, x, quantizer.type)
    else:
        known = (_MODES.get(quantizer.rounding, "ROUND"), Fraction(0))
        mode, shift = _SHIFTED.get(quantizer.rounding, known)
        x = writer.affine(x, quantizer.mul, quantizer.add + shift, _WISH)
        x = _rounded(writer, x, quantizer.type, mode, name)
    return writer.transposed(x, network.transpositions, network.input_shape, _WISH)


def _rounded(writer: NetworkWriter, x: Tensor, type_: IntType, mode: str, name: str) -> Tensor:
    """By a quantiser of QONNX; a Clip leaves out what it has more."""
    called = writer.free_name(f"{_WISH}_quant")
    one = writer.array(np.ones((), np.float32), f"{_WISH}_one")
    if type_.bipolar:
        return writer.step("BipolarQuant", x, one, name=called, domain=QONNX[0])
    whole = _containing(type_)
    if whole is None:
        raise ModelError(name, f"is quantised to {type_}, for which QONNX has no quantiser")
    if whole != type_:
        x = _clipped(writer, x, type_.lo, type_.hi)
    zero = writer.array(np.zeros((), np.float32), f"{_WISH}_zero")
    return Tensor(write_quant(writer, x.name, whole, one, zero, called, mode), x.shape)


def _rounded_to_odd(writer: NetworkWriter, x: Tensor, type_: IntType) -> Tensor:
    """By QuantizeLinear, which rounds to an even number and adds 1, its zero point."""
    whole, dtype = (IntType(-128, 127), np.int8) if type_.lo < 0 else (IntType(0, 255), np.uint8)
    if whole != type_:
        x = _clipped(writer, x, type_.lo - 1, type_.hi - 1)
    one = writer.array(np.ones((), np.float32), f"{_WISH}_one")
    zero = writer.array(np.ones((), dtype), f"{_WISH}_zero")
    codes = writer.extra("QuantizeLinear", x, one, zero, wish=f"{_WISH}_quant")
    return writer.extra("Cast", codes, wish=f"{_WISH}_codes", to=TensorProto.FLOAT)


def _clipped(writer: NetworkWriter, x: Tensor, low: int, high: int) -> Tensor:
    ends = (writer.array(np.array(end, np.float32), f"{_WISH}_end") for end in (low, high))
    return writer.extra("Clip", x, *ends, wish=f"{_WISH}_clip")


def _containing(type_: IntType) -> IntType | None:
    """The type itself if a Quant has just these codes, else the least one that has more."""
    for bits in range(1, 9):
        half = 1 << bits - 1
        for wider in (type_, IntType(0, 2 * half - 1), IntType(-half, half - 1)):
            if wider.lo <= type_.lo and type_.hi <= wider.hi and quant_attributes(wider) is not None:
                return wider
    return None
