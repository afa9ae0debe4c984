"""Abs of constants, Min and Max."""

from __future__ import annotations

import functools
from collections.abc import Callable

from bnngen.frontend.importer import Importer
from bnngen.frontend.known import arithmetic as known
from bnngen.frontend.known.arithmetic import Settled
from bnngen.frontend.nodes.absolute import ABSOLUTE
from bnngen.frontend.nodes.building import add_clip, known_input, real
from bnngen.frontend.onnx_node import OnnxNode
from bnngen.frontend.readers import handles
from bnngen.frontend.values import Activation


@handles("Abs")
def read_abs(node: OnnxNode, importer: Importer) -> None:
    """The absolute values of a constant; of a computed tensor a part of a difference of two."""
    if isinstance(node.input(0), Activation):
        importer.values[node.output(0)] = importer.add(node, ABSOLUTE, real(node.activation(0)))
        return
    importer.know(node, known.absolute(known_input(node, 0)))


@handles("Min", "Max")
def read_extreme(node: OnnxNode, importer: Importer) -> None:
    """The least or the greatest of some constants; a computed tensor held at one number."""
    function: Callable[[Settled, Settled], Settled] = known.least if node.op_type == "Min" else known.greatest
    places = range(len(node.inputs))
    computed = [index for index in places if isinstance(node.input(index), Activation)]
    ends = [known_input(node, index) for index in places if index not in computed]
    if not computed:
        importer.know(node, functools.reduce(function, ends))
        return
    if len(computed) > 1:
        raise node.error("of two computed tensors is not supported")
    value = node.activation(computed[0])
    if not ends:
        importer.values[node.output(0)] = value
        return
    end = functools.reduce(function, ends).exact().reshape(-1)
    if any(v != end[0] for v in end):
        raise node.error("of a computed tensor and several numbers is not supported; accepted is one number")
    low, high = (None, end[0]) if node.op_type == "Min" else (end[0], None)
    importer.values[node.output(0)] = add_clip(node, importer, value, low, high)
