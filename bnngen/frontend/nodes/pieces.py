"""Where between two lines of one tensor: Relu, LeakyRelu or a clip that somebody has written himself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bnngen.frontend.importer import Importer
from bnngen.frontend.nodes.building import scaled
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.residues import same_tensor
from bnngen.frontend.values import Activation
from bnngen.ir.elementwise import Affine
from bnngen.ir.monotone import Leaky
from bnngen.ir.step import Step
from bnngen.numbers.exact import Exact, exact_array


@dataclass(frozen=True)
class _Line:
    """mul*x + add of the tensor x; of none, where mul is 0."""

    tensor: str | None
    mul: Exact
    add: Exact


def read_pieces(node: OnnxNode, importer: Importer, condition: Activation) -> None:
    """Where(x >= c, a*x + b, a2*x + b2): a bend at c, where the two lines meet and none of them falls."""
    found = _bend(importer, condition)
    high, low = (_line(node, importer, index) for index in (1, 2))
    if found is None:
        raise _refusal(node)
    source, place, falls = found
    above, below = (low, high) if falls else (high, low)
    for line in (above, below):
        if line.tensor is not None and not same_tensor(importer, line.tensor, source.name):
            raise _refusal(node)
    if above.mul * place + above.add != below.mul * place + below.add or min(above.mul, below.mul) < 0:
        raise _refusal(node)
    importer.values[node.output(0)] = _bent(node, importer, source, place, above, below)


def _bent(
    node: OnnxNode, importer: Importer, source: Activation, place: Exact, above: _Line, below: _Line
) -> Activation:
    """With x' = x - c: above*leaky(x') + y, or -below*relu(-x') + y where nothing rises above."""
    turned = not above.mul
    first, second = (below.mul, above.mul) if turned else (above.mul, below.mul)
    sign = Exact.of(-1 if turned else 1)
    if not first:
        raise _refusal(node)
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
    line = _affine(importer, step.inputs[0])
    if not line.mul or line.tensor is None:
        return None
    at = (place - line.add) / line.mul
    return replace(condition, name=line.tensor, holds=None), at, falls != (line.mul < 0)


def _line(node: OnnxNode, importer: Importer, index: int) -> _Line:
    value = node.input(index)
    if isinstance(value, Activation):
        return _affine(importer, value.name)
    number = node.constant(index, "a side").exact().reshape(-1)
    if any(v != number[0] for v in number):
        raise _refusal(node)
    return _Line(None, Exact(), number[0])


def _affine(importer: Importer, name: str) -> _Line:
    """A tensor as a line of the one that affines make it of."""
    mul, add, node = Exact.of(1), Exact(), importer.maker(name)
    while node is not None and isinstance(node.op, Affine) and len(node.op.mul) == len(node.op.add) == 1:
        mul, add = mul * node.op.mul[0], mul * node.op.add[0] + add
        name = node.inputs[0]
        node = importer.maker(name)
    return _Line(name, mul, add)


def _refusal(node: OnnxNode) -> Exception:
    return node.error(
        "chooses between computed tensors; accepted are two constants, and two lines of the compared tensor "
        "that meet where the comparison changes and never fall, such as Where(x > 0, x, 0.1*x)"
    )
