"""Where between two lines of one tensor: Relu, LeakyRelu or a clip that somebody has written himself."""

from __future__ import annotations

from dataclasses import replace

from bnngen.frontend.importer import Importer
from bnngen.frontend.lines import Line, line_of
from bnngen.frontend.nodes.building import scaled
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.residues import same_tensor
from bnngen.frontend.values import Activation
from bnngen.ir.monotone import Leaky
from bnngen.ir.refused import Refused
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact, exact_array

REASON = (
    "chooses between computed tensors; accepted are two constants, and two lines of the compared tensor that "
    "meet where the comparison changes and never fall, such as Where(x > 0, x, 0.1*x)"
)


def read_pieces(node: OnnxNode, importer: Importer, condition: Activation) -> None:
    """Where(x >= c, a*x + b, a2*x + b2): a bend at c, where the two lines meet and none of them falls. Any
    other is refused, unless its result cancels out, as in the polynomials of a straight-through estimator."""
    found = _bend(importer, condition)
    high, low = (_line(node, importer, index) for index in (1, 2))
    made = None
    if found is not None and high is not None and low is not None:
        source, place, falls = found
        above, below = (low, high) if falls else (high, low)
        if _meet(importer, source, place, above, below):
            made = _bent(node, importer, source, place, above, below)
    if made is None:
        sides = [v for v in (node.input(1), node.input(2)) if isinstance(v, Activation)]
        made = importer.add(node, Refused("Where", REASON), condition, *sides)
    importer.values[node.output(0)] = made


def _meet(importer: Importer, source: Activation, place: Exact, above: Line, below: Line) -> bool:
    """Whether two lines of the compared tensor meet where the comparison changes, and never fall."""
    lines = [line for line in (above, below) if line.tensor is not None]
    if not all(same_tensor(importer, line.tensor or "", source.name) for line in lines):
        return False
    if not any((above.mul, below.mul)) or min(above.mul, below.mul) < 0:
        return False
    return above.mul * place + above.add == below.mul * place + below.add


def _bent(
    node: OnnxNode, importer: Importer, source: Activation, place: Exact, above: Line, below: Line
) -> Activation:
    """With x' = x - c: above*leaky(x') + y, or -below*relu(-x') + y where nothing rises above."""
    turned = not above.mul
    first, second = (below.mul, above.mul) if turned else (above.mul, below.mul)
    sign = Exact.of(-1 if turned else 1)
    value = above.mul * place + above.add
    shifted = scaled(node, importer, source, exact_array(sign), exact_array(-place * sign), "_shift")
    bent = importer.add(node, Leaky((second / first,)), shifted)
    return scaled(node, importer, bent, exact_array(first * sign), exact_array(value), "_scale")


def _bend(importer: Importer, condition: Activation) -> tuple[Activation, Exact, bool] | None:
    """The tensor that a comparison with one number compares, that number, and whether it holds below it."""
    step = importer.maker(condition.name)
    if step is None or not isinstance(step.op, Step) or len(step.op.rows) != 1 or len(step.op.rows[0]) != 1:
        return None
    place, falls = step.op.rows[0][0].value, step.op.falling[0]
    if place is None:
        return None
    line = line_of(importer, step.inputs[0])
    if not line.mul or line.tensor is None:
        return None
    at = (place - line.add) / line.mul
    return replace(condition, name=line.tensor, holds=None), at, falls != (line.mul < 0)


def _line(node: OnnxNode, importer: Importer, index: int) -> Line | None:
    """A side, where it is a line of one tensor, or one number."""
    value = node.input(index)
    if isinstance(value, Activation):
        return line_of(importer, value.name)
    number = node.constant(index, "a side").exact().reshape(-1)
    if any(v != number[0] for v in number):
        return None
    return Line(None, Exact(), number[0])
