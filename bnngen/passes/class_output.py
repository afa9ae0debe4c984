"""Network ending in scores   =>   the same with an argmax behind its last layer

Done on demand. One scale for all classes keeps the order of the scores, or turns it: then the last
layer's weights change sign.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.base.errors import ModelError
from bnngen.numbers.exact import exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.ops.dense import Dense
from bnngen.reference.network import Host, NamedLayer, Network


def with_class_output(network: Network) -> Network:
    """The network whose output is the class index.

    Raises ModelError if the classes' scores can't be compared as integers.
    """
    last = network.layers[-1]
    if isinstance(last.op, ClassIndex):
        return network
    if not isinstance(last.op, Dense):
        raise ModelError(
            last.name,
            f"is of kind {last.op.kind}, and an argmax can be put only behind the scores of a "
            "dense layer: leave out --output class",
        )
    host = network.host
    signs = {(m - host.mul[0]).sign() for m in host.mul} | {(a - host.add[0]).sign() for a in host.add}
    if signs != {0}:
        raise ModelError(
            last.name,
            "gives each class its own scale or offset behind its integers, which an argmax in hardware can't "
            "compare; train with one scale for all classes, or leave out --output class",
        )
    dense = _rising(last, host.mul[0].sign())
    head = ClassIndex(dense.elements_out, dense.output_type)
    layers = (*network.layers[:-1], NamedLayer(last.name, dense), NamedLayer(f"{last.name}_argmax", head))
    return replace(network, layers=layers, host=Host(exact_array(1), exact_array(0)))


def _rising(last: NamedLayer, sign: int) -> Dense:
    dense = last.op
    assert isinstance(dense, Dense)
    if sign > 0:
        return dense
    if sign == 0 or dense.activation is not None:
        raise ModelError(last.name, "has scores whose scale is not above 0, so their argmax is not the class")
    return replace(dense, weights=-dense.weights)
