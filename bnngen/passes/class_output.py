"""Network ending in scores   =>   the same with an argmax behind its last layer

Done on demand. One scale for all classes keeps the order of the scores, or turns it: then the last
layer's weights change sign. Offsets and scales of single classes are compared as `scores_in_order` says.
"""

from __future__ import annotations

from dataclasses import replace

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.numbers.exact import exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.ops.dense import Dense
from bnngen.passes.scores_in_order import UNCOMPARABLE, Comparison
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
    host, dense = network.host, last.op
    comparison = Comparison.of(Affine(host.mul, host.add), dense.elements_out)
    if comparison is None:
        raise ModelError(last.name, UNCOMPARABLE)
    if any(n != 1 for n in comparison.factors):
        weights = None if dense.activation is not None else comparison.weights(dense.weights)
        if weights is None:
            raise ModelError(last.name, UNCOMPARABLE)
        dense = replace(dense, weights=weights)
    head = ClassIndex(dense.elements_out, dense.output_type, (), comparison.shift, comparison.offsets)
    layers = (*network.layers[:-1], NamedLayer(last.name, dense), NamedLayer(f"{last.name}_argmax", head))
    return replace(network, layers=layers, host=Host(exact_array(1), exact_array(0)))
