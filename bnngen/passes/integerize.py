"""Input -> Step -> (product | Sum | MaxPool | Move [-> Step])* -> tail   =>   the integer network

After the rewrites every real threshold stands directly behind the input or behind an integer product.
Behind a product, acc >= t is acc >= ceil(t) and acc > t is acc >= floor(t) + 1. A falling row counts the
complement: acc <= t is not acc >= floor(t) + 1.
"""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bnngen.base.errors import ModelError
from bnngen.ir.elementwise import Affine
from bnngen.ir.graph import Graph, Node, Shape, channels_first
from bnngen.ir.ladder import Ladder
from bnngen.ir.moves import Reshape
from bnngen.ir.step import Bound, Row, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.ops.layer import Layer, Thresholded
from bnngen.ops.lowering import Site, has_layer, lowered
from bnngen.ops.reordering import reordering_layers
from bnngen.ops.threshold import Threshold
from bnngen.passes.ends import SIGN_ADVICE, host_of, input_quantizer, real_error
from bnngen.reference.network import NETWORK_INPUT, NamedLayer, Network

CLASS_LAST = "works on a class index; an ArgMax or TopK may stand at the end only"
"""What is wrong with a layer behind a head."""


def integerize(graph: Graph) -> Network:
    """The integer network of a fully rewritten graph.

    Raises ModelError naming the layer that is in the way.
    """
    if not graph.nodes:
        raise ModelError(graph.output, "the network has no layers")
    reader = reader_of_input(graph)
    quantizer = input_quantizer(reader)
    made, layers, shapes = {reader.name: (quantizer.type, NETWORK_INPUT)}, list[NamedLayer](), graph.shapes
    for node in graph.nodes:
        if node.name in made:
            continue
        if isinstance(node.op, Reshape):
            if node.inputs[0] in made:
                _reorder(graph, node, made, layers)
            continue
        if not has_layer(node.op):
            continue
        inputs = [integers_of(graph, name, made) for name in node.inputs]
        layer, step = layer_of(graph, node, [t for t, _ in inputs], [shapes[name] for name in node.inputs])
        if any(layers[place].op.gives_class for _, place in inputs if place != NETWORK_INPUT):
            raise ModelError(node.name, CLASS_LAST)
        layers.append(replace(layer, inputs=tuple(place for _, place in inputs), views=_views(graph, node)))
        made[(step or node).name] = made[node.name] = (layer.op.output_type, len(layers) - 1)
    if not layers:
        raise ModelError(graph.output, "the network has no layer with weights behind its input quantiser")
    tail = tail_of(graph, made)
    if layers[-1].op.gives_class and (behind := [n for n in tail if not isinstance(n.op, Reshape)]):
        raise ModelError(behind[0].name, CLASS_LAST)
    host = host_of(graph, tail)
    return Network(
        graph.input_shape,
        quantizer,
        tuple(layers),
        host,
        file_shape=graph.file_shape,
        transpositions=graph.transpositions,
    )


def _reorder(
    graph: Graph, node: Node, made: dict[str, tuple[IntType, int]], layers: list[NamedLayer]
) -> None:
    """Add the layers that a Reshape becomes; where it is the host's, its result is none of the integers."""
    type_, place = made[node.inputs[0]]
    row = reordered(graph, node, type_)
    if row is None:
        return
    for number, (layer, view) in enumerate(row):
        name = node.name if number == len(row) - 1 else f"{node.name}_order"
        layers.append(NamedLayer(name, layer, (place,), (view,)))
        type_, place = layer.output_type, len(layers) - 1
    made[node.name] = (type_, place)


def reordered(graph: Graph, node: Node, type_: IntType) -> list[tuple[Layer, Shape]] | None:
    """What a Reshape of integers becomes: layers with their views in front of others, none where it keeps
    their order; None where it is the host's, at the end."""
    op, shape = node.op, graph.shapes[node.inputs[0]]
    assert isinstance(op, Reshape)
    if op.keeps_order(shape):
        return []
    return reordering_layers(op, shape, type_) if _feeds_layers(graph, node) else None


def _feeds_layers(graph: Graph, node: Node) -> bool:
    """Whether something of hardware reads the tensor that ``node`` makes."""
    return any(
        _feeds_layers(graph, reader) if isinstance(reader.op, Reshape) else has_layer(reader.op)
        for reader in graph.consumers(node.name)
    )


def _views(graph: Graph, node: Node) -> tuple[Shape, ...] | None:
    """The shapes in which a layer sees what it reads, where a Reshape stands in between."""
    reshaped = [
        maker for name in node.inputs if (maker := graph.maker(name)) and isinstance(maker.op, Reshape)
    ]
    return tuple(graph.shapes[name] for name in node.inputs) if reshaped else None


def reader_of_input(graph: Graph) -> Node:
    """The one node that reads the network's input. Raises ModelError if there are several."""
    readers = graph.consumers(graph.input_name)
    if len(readers) > 1:
        names = ", ".join(f"'{r.name}'" for r in readers)
        raise ModelError(graph.input_name, f"is read by {names}; one of them must quantise it for the others")
    return readers[0]


def integers_of(graph: Graph, name: str, made: dict[str, tuple[IntType, int]]) -> tuple[IntType, int]:
    """The type of a tensor, and the layer that makes it. Raises ModelError if it is one of real numbers."""
    if name not in made:
        op = graph[name].op
        if isinstance(op, Reshape):
            raise _move_error(graph, graph[name], op)
        raise real_error(name, op)
    return made[name]


def _move_error(graph: Graph, node: Node, op: Reshape) -> ModelError:
    """The error for a Reshape whose result is none of integers."""
    before = graph.maker(node.inputs[0])
    shapes = f"turns frames of shape {channels_first(graph.shapes[node.inputs[0]])} into {op.shape}"
    movable = reordered(graph, node, BIPOLAR) is not None
    if movable and before is not None and isinstance(before.op, Affine):
        return ModelError(
            node.name,
            f"{shapes} whose channels mix elements with different scales or offsets, such as those that a "
            "zero point gives the phases of a ConvTranspose, so that they are no integers for the next layer",
            "quantise its result, or use a zero point of 0 (symmetric activations) and one scale in front of "
            "it",
        )
    return ModelError(
        node.name,
        f"{shapes}, whose elements stream in another order; accepted in front of dense layers, at the input "
        "and at the output, and elsewhere where only axes of length 1 come and go",
    )


def tail_of(graph: Graph, made: Container[str]) -> list[Node]:
    """What stands behind the last integer, in order."""
    tail: list[Node] = []
    name = graph.output
    while name not in made:
        tail.insert(0, graph[name])
        name = graph[name].inputs[0]
    return tail


def layer_of(
    graph: Graph, node: Node, types: list[IntType], shapes: list[Shape]
) -> tuple[NamedLayer, Node | None]:
    """The layer of a node that reads integers of these ``types``, in frames of these ``shapes``, and the Step
    behind it that became its activation. Raises ModelError if there is no exact one."""
    layer = lowered(node.op, Site(node.name, types, shapes))
    if not layer.takes_thresholds:
        return NamedLayer(node.name, layer), None
    step = node if isinstance(node.op, Step) else graph.only_consumer(node.name)
    if step is None or not isinstance(step.op, Step):
        return NamedLayer(node.name, layer), None
    activation = _threshold(step, cast(Thresholded, layer))
    return NamedLayer(node.name, replace(cast(Any, layer), activation=activation)), step


def _threshold(node: Node, layer: Thresholded) -> Threshold:
    step = node.op
    assert isinstance(step, Step)
    channels = len(layer.weights)
    falling = np.resize(np.array(step.turns), channels)
    rows = [step.rows[c % len(step.rows)] for c in range(channels)]
    table = np.array(
        [
            _integer_row(row, bool(falls), int(lo), int(hi))
            for row, falls, (lo, hi) in zip(rows, falling, layer.row_ranges, strict=True)
        ]
    )
    if not step.from_sign:
        return Threshold(table, falling, step.type)
    return Threshold(_without_zero(node, table, layer), falling, BIPOLAR)


def _integer_row(row: Row, falls: bool, lo: int, hi: int) -> list[int]:
    """Ascending integer thresholds, clipped to [lo, hi + 1]: lo is always reached, hi + 1 never."""
    if isinstance(row, Ladder):
        return sorted(row.integers(lo, hi, falls))
    return sorted(min(max(_integer(bound, falls, lo, hi), lo), hi + 1) for bound in row)


def _integer(bound: Bound, falls: bool, lo: int, hi: int) -> int:
    if bound.value is None:
        return lo if bound.strict == falls else hi + 1
    from_above = bound.strict != falls
    return math.floor(bound.value) + 1 if from_above else math.ceil(bound.value)


def _without_zero(node: Node, table: NDArray[np.int64], layer: Thresholded) -> NDArray[np.int64]:
    """The one threshold between -1 and +1, once it is proved that a Sign's 0 can't occur.

    Bipolar inputs give every row's sum the parity of the sum of its weights, unless some are padded with 0.
    """
    assert layer.input_type is not None
    if layer.input_type.bipolar and not layer.pads_zeros:
        odd = (table - layer.weights.sum(axis=1, keepdims=True)) % 2 == 1
        table = np.minimum(table + odd, layer.row_ranges[:, 1:] + 1)
    for channel in np.nonzero(table[:, 0] != table[:, 1])[0]:
        raise ModelError(
            node.name,
            f"is a plain Sign, and gives 0 where the sum of channel {channel} is {table[channel, 0]}; "
            f"hardware has one bit for -1 and +1: {SIGN_ADVICE}",
        )
    return table[:, :1]
