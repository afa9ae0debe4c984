"""Absolute values: of constants; and the difference of two, by which PACT holds a tensor between two ends.

|x| - |x - a| + a is twice x where x lies between 0 and a, and level beyond (Choi et al. 2018, eq. 1).
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.frontend.importer import Importer
from bnngen.frontend.lines import line_of
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.residues import same_tensor
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine, Clip
from bnngen.ir.refused import Refused
from bnngen.numbers.exact import exact_array

ABSOLUTE = Refused("Abs", "falls and rises, so that no threshold stands for a level behind it; leave it out")


def difference_of_absolutes(
    node: OnnxNode, importer: Importer, left: Activation, right: Activation
) -> Activation | None:
    """|m*x + p| - |m*x + q| = clip(2*m*x + p + q, -(p - q), p - q) for p > q; None for other differences."""
    makers = [importer.maker(value.name) for value in (left, right)]
    lines = [line_of(importer, maker.inputs[0]) for maker in makers if maker and maker.op == ABSOLUTE]
    if len(lines) < 2 or lines[0].tensor is None or lines[1].tensor is None:
        return None
    if not same_tensor(importer, lines[0].tensor, lines[1].tensor) or not lines[0].mul:
        return None
    mul, p = lines[0].mul, lines[0].add
    if lines[1].mul not in (mul, -mul):
        return None
    q = lines[1].add if lines[1].mul == mul else -lines[1].add
    width = p - q
    if not width:
        return None
    sign = width.sign()
    source = replace(left, name=lines[0].tensor, holds=None)
    line = Affine(exact_array(2 * mul * sign), exact_array((p + q) * sign))
    return importer.add(
        node, Clip(-width * sign, width * sign), importer.add(node, line, source, suffix="_line")
    )
