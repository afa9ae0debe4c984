"""Trunc of QONNX: an integer tensor loses its lowest bits (Brevitas' TruncAvgPool has one)."""

from __future__ import annotations

import math
from fractions import Fraction

from onnx import AttributeProto

from bnngen.frontend.importer import Importer
from bnngen.frontend.nodes.quantizers import code_type, rescaled, rounding_of, scale_of
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.schema import QONNX, Definition
from bnngen.ir.ladder import Ladder
from bnngen.ir.step import Step
from bnngen.numbers.exact import ExactArray, exact_array
from bnngen.numbers.rounding import bound

ONE = exact_array(1)
INT, STRING = AttributeProto.INT, AttributeProto.STRING
MOST_BITS = 64
"""Bits by which a tensor may be shortened."""


@handles(
    "Trunc",
    domains=QONNX,
    definition=Definition(6, {"signed": INT, "narrow": INT, "rounding_mode": STRING}),
)
def read_trunc(node: OnnxNode, importer: Importer) -> None:
    """y = (clip(round(r / 2^t), lo, hi) - zero / 2^t) * out_scale, where r is x/scale + zero rounded half to
    even, and 2^t the power of two that is nearest to out_scale/scale. The levels of both roundings are known,
    so that they are one quantiser."""
    if not node.has_input(5):
        raise node.error("has no scale of its output, and so no range; export it with a newer Brevitas")
    value, scale, out_scale = node.activation(), scale_of(node, 1), scale_of(node, 4)
    zero = node.constant(2, "its zero point").exact().reshape(-1)
    if scale.size > 1 or zero.size > 1:
        raise node.error("has a scale or a zero point for each channel; accepted is one for all")
    mode, type_ = rounding_of(node, "FLOOR"), code_type(node, 5)
    factor = _power(node, scale, out_scale)
    steps = tuple(_least(mode, k, factor) for k in range(type_.lo + 1, type_.hi + 1))
    source = rescaled(node, importer, value, ONE / scale, zero, "_scale")
    codes = importer.add(node, Step((Ladder("half_even", steps),), (False,), type_), source)
    offset = exact_array(zero[0] / factor)
    importer.values[node.output(0)] = rescaled(node, importer, codes, out_scale, -offset * out_scale)


def _power(node: OnnxNode, scale: ExactArray, out_scale: ExactArray) -> Fraction:
    """2^t. Raises ModelError where the scales are not about a power of two apart."""
    ratios = [each / scale.reshape(-1)[0] for each in out_scale.reshape(-1)]
    if any(ratio.sign() <= 0 for ratio in ratios):
        raise node.error("has scales of different signs")
    powers = {round(math.log2(float(ratio))) for ratio in ratios}
    power = powers.pop()
    if powers or abs(power) > MOST_BITS:
        raise node.error("has an output scale that is not a power of two, at most 2^64, times its scale")
    return Fraction(2) ** power


def _least(mode: str, k: int, factor: Fraction) -> int:
    """The least whole number r for which r/factor is rounded to at least k."""
    edge, strict = bound(mode, k)
    at = edge * factor
    return math.floor(at) + 1 if strict else math.ceil(at)
