"""Tensors that are lines of others: mul*x + add."""

from __future__ import annotations

from dataclasses import dataclass

from bnngen.frontend.importer import Importer
from bnngen.ir.elementwise import Affine
from bnngen.numbers.exact import Exact


@dataclass(frozen=True)
class Line:
    """mul*x + add of the tensor x; of none, where mul is 0."""

    tensor: str | None
    mul: Exact
    add: Exact


def line_of(importer: Importer, name: str) -> Line:
    """A tensor as a line of the one that affines, with one number for all channels, make it of."""
    mul, add, node = Exact.of(1), Exact(), importer.maker(name)
    while node is not None and isinstance(node.op, Affine) and len(node.op.mul) == len(node.op.add) == 1:
        mul, add = mul * node.op.mul[0], mul * node.op.add[0] + add
        name = node.inputs[0]
        node = importer.maker(name)
    return Line(name, mul, add)
