"""A comparison's 0 and 1, scaled to -a and +a: the two numbers of a binarizer.

They become the codes -1 and +1, which take one bit too, multiply by XNOR, and have 0 in their middle, as the
padding of a convolution needs it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnngen.frontend.importer import Importer
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Node
from bnngen.ir.layers import Product, Sum
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import ExactArray, exact_array

HALF = exact_array(1) / exact_array(2)
MOST_SCALES = 8
"""So many scales between comparison and sign are looked through; exact products along any chain take long."""


def as_sign(
    node: OnnxNode, importer: Importer, value: Activation, mul: ExactArray, add: ExactArray
) -> Activation | None:
    """mul*x + add of a comparison's 0 and 1, perhaps scaled before, where that makes -a and +a; else None."""
    maker, scales = importer.maker(value.name), list[Affine]()
    while maker is not None and isinstance(maker.op, Affine) and len(scales) < MOST_SCALES:
        scales.append(maker.op)
        maker = importer.maker(maker.inputs[0])
    if maker is None or not isinstance(maker.op, Step) or maker.op.type != IntType(0, 1):
        return None
    for scale in scales:
        mul, add = mul * scale.mul, mul * scale.add + add
    if not all(mul) or any(add + add + mul):
        return None
    step = replace(maker.op, type=BIPOLAR)
    if _first(importer, maker):
        step, mul = _not_strict(step, mul)
    sign = importer.add(node, step, replace(value, name=maker.inputs[0], holds=None))
    half = np.asarray(mul * HALF, object)
    if all(s == 1 for s in half):
        return sign
    return importer.add(node, Affine(half, exact_array(0)), sign, suffix="_scale")


def _first(importer: Importer, maker: Node) -> bool:
    """Whether a quantiser is that of the network's input."""
    before = importer.maker(maker.inputs[0])
    while before is not None and not isinstance(before.op, Product | Sum | Step):
        before = importer.maker(before.inputs[0])
    return before is None


def _not_strict(step: Step, mul: ExactArray) -> tuple[Step, ExactArray]:
    """The host gives +1 where x >= t: where x > t does, x <= t gives -1."""
    bounds = [row[0] for row in step.rows]
    if not all(bound.strict for bound in bounds):
        return step, mul
    rows = tuple((replace(bound, strict=False),) for bound in bounds)
    return replace(step, rows=rows, falling=tuple(not falls for falls in step.falling)), -mul
