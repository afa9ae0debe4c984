"""Input -> Step -> (product | Sum | MaxPool | Move [-> Step])* -> tail   =>   the integer network

After the rewrites every real threshold stands directly behind the input or behind an integer product.
Behind a product, acc >= t is acc >= ceil(t) and acc > t is acc >= floor(t) + 1. A falling row counts the
complement: acc <= t is not acc >= floor(t) + 1.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bnngen import quantised
from bnngen.datatypes import BIPOLAR, IntType
from bnngen.errors import ModelError
from bnngen.exact import exact_array
from bnngen.graph import Graph, Node, Shape
from bnngen.network import NETWORK_INPUT, Host, NamedLayer, Network
from bnngen.ops.add import Add
from bnngen.ops.argmax import ArgMax
from bnngen.ops.concat import Concat
from bnngen.ops.conv2d import Conv2d
from bnngen.ops.dense import Dense
from bnngen.ops.max_pool import MaxPool
from bnngen.ops.slice import Slice
from bnngen.ops.threshold import Threshold
from bnngen.ops.upsample import Upsample
from bnngen.quantised import Affine, Bound, Convolution, Linear, Move, Product, Softmax, Step, Sum
from bnngen.quantizer import Quantizer, uniform_row


def integerize(graph: Graph) -> Network:
    """The integer network of a fully rewritten graph.

    Raises ModelError naming the layer that is in the way.
    """
    if not graph.nodes:
        raise ModelError(graph.output, "the network has no layers")
    quantizer = _input_quantizer(_reader_of_input(graph))
    first = _reader_of_input(graph).name
    made, layers, shapes = {first: (quantizer.type, NETWORK_INPUT)}, list[NamedLayer](), graph.shapes()
    kinds = Step | Sum | Product | quantised.MaxPool | Move | ArgMax
    for node in graph.nodes:
        if node.name not in made and isinstance(node.op, kinds):
            inputs = [_integers(graph, name, made) for name in node.inputs]
            layer, step = _layer(graph, node, [t for t, _ in inputs], [shapes[name] for name in node.inputs])
            layers.append(replace(layer, inputs=tuple(place for _, place in inputs)))
            made[(step or node).name] = made[node.name] = (layer.op.output_type, len(layers) - 1)
    if not layers:
        raise ModelError(graph.output, "the network has no layer with weights behind its input quantiser")
    return Network(graph.input_shape, quantizer, tuple(layers), _host(_tail(graph, made)))


def _reader_of_input(graph: Graph) -> Node:
    readers = graph.consumers(graph.input_name)
    if len(readers) > 1:
        names = ", ".join(f"'{r.name}'" for r in readers)
        raise ModelError(graph.input_name, f"is read by {names}; one of them must quantise it for the others")
    return readers[0]


def _integers(graph: Graph, name: str, made: dict[str, tuple[IntType, int]]) -> tuple[IntType, int]:
    """The type of a tensor, and the layer that makes it."""
    if name not in made:
        kind = type(graph[name].op).__name__
        raise ModelError(name, f"{kind} works on real numbers here; quantise its result, or remove it")
    return made[name]


def _tail(graph: Graph, made: dict[str, tuple[IntType, int]]) -> list[Node]:
    """What stands behind the last integer, in order."""
    tail: list[Node] = []
    name = graph.output
    while name not in made:
        tail.insert(0, graph[name])
        name = graph[name].inputs[0]
    return tail


def _input_quantizer(node: Node) -> Quantizer:
    step = node.op
    if not isinstance(step, Step):
        raise ModelError(
            node.name,
            "takes real numbers from the network's input; quantise the input first (BipolarQuant or Quant)",
        )
    if step.from_sign:
        raise ModelError(
            node.name, "is a plain Sign on an input that can be 0; use BipolarQuant, where 0 gives +1"
        )
    rows = [_uniform(node, row, falls) for row, falls in zip(step.rows, step.falling, strict=True)]
    if len({mode for _, _, mode in rows}) > 1:
        raise ModelError(node.name, "quantises the channels of the input with different rounding rules")
    mul, add = (exact_array([row[i] for row in rows]) for i in (0, 1))
    return Quantizer(mul, add, rows[0][2], step.type)


def _uniform(node: Node, row: tuple[Bound, ...], falls: bool) -> tuple:
    step = node.op
    assert isinstance(step, Step)
    known = [(b.value, b.strict) for b in row if b.value is not None]
    if len(known) < len(row):
        raise ModelError(node.name, "quantises the input, but has a level that is always or never reached")
    if not all(value.is_rational for value, _ in known):
        raise ModelError(
            node.name, "quantises the input with an irrational scale; put no batch norm in front of it"
        )
    found = uniform_row(known, falls, step.type)
    if found is None:
        raise ModelError(node.name, "quantises the input with thresholds that no affine rounding gives")
    return found


def _layer(
    graph: Graph, node: Node, types: list[IntType], shapes: list[Shape]
) -> tuple[NamedLayer, Node | None]:
    """The layer of a node, and the Step behind it that became its activation."""
    op, input_type, input_shape = node.op, types[0], shapes[0]
    if isinstance(op, ArgMax):
        return NamedLayer(node.name, replace(op, input_type=input_type)), None
    if isinstance(op, Move):
        return NamedLayer(node.name, _move(op, types, shapes)), None
    if isinstance(op, quantised.MaxPool):
        least = np.resize(np.array(op.least), input_shape[-1])
        return NamedLayer(node.name, MaxPool(op.window, input_shape[:-1], least, input_type)), None
    layer: Dense | Conv2d | Add
    if isinstance(op, Convolution):
        pad = _pad(node, op, input_type)
        layer = Conv2d(op.weights, op.window, input_shape[:-1], input_type, op.groups, pad)
    elif isinstance(op, Linear):
        layer = Dense(op.weights, input_type)
    else:
        factors = op.factors if isinstance(op, Sum) else (1,)
        layer = Add(factors, input_shape, tuple(types))
    step = node if isinstance(op, Step) else graph.only_consumer(node.name)
    if step is None or not isinstance(step.op, Step):
        return NamedLayer(node.name, layer), None
    return NamedLayer(node.name, replace(layer, activation=_threshold(step, layer))), step


def _move(op: Move, types: list[IntType], shapes: list[Shape]) -> Concat | Slice | Upsample:
    if isinstance(op, quantised.Slice):
        return Slice(shapes[0], op.first, op.last, types[0])
    if isinstance(op, quantised.Upsample):
        return Upsample(op.factors, shapes[0], types[0])
    return Concat(shapes[0][:-1], tuple(shape[-1] for shape in shapes), tuple(types))


def _pad(node: Node, op: Convolution, input_type: IntType) -> int:
    """What the padded positions hold: an integer of the input's type, or 0 between -1 and +1."""
    if not op.window.padded:
        return 0
    if op.pad.is_rational and op.pad.fraction().denominator == 1:
        pad = int(op.pad.fraction())
        if input_type.lo <= pad <= input_type.hi and (pad == 0 or not input_type.bipolar or abs(pad) == 1):
            return pad
    raise ModelError(
        node.name,
        f"pads with {float(op.pad):g} where its input holds {input_type}; accepted is one of these integers: "
        "quantise the input so that 0 is one of its values",
    )


def _threshold(node: Node, dense: Dense | Conv2d | Add) -> Threshold:
    step = node.op
    assert isinstance(step, Step)
    channels = len(dense.weights)
    falling = np.resize(np.array(step.turns), channels)
    rows = [step.rows[c % len(step.rows)] for c in range(channels)]
    table = np.array(
        [
            _integer_row(row, bool(falls), int(lo), int(hi))
            for row, falls, (lo, hi) in zip(rows, falling, dense.row_ranges, strict=True)
        ]
    )
    if not step.from_sign:
        return Threshold(table, falling, step.type)
    return Threshold(_without_zero(node, table, dense), falling, BIPOLAR)


def _integer_row(row: tuple[Bound, ...], falls: bool, lo: int, hi: int) -> list[int]:
    """Ascending integer thresholds, clipped to [lo, hi + 1]: lo is always reached, hi + 1 never."""
    return sorted(min(max(_integer(bound, falls, lo, hi), lo), hi + 1) for bound in row)


def _integer(bound: Bound, falls: bool, lo: int, hi: int) -> int:
    if bound.value is None:
        return lo if bound.strict == falls else hi + 1
    from_above = bound.strict != falls
    return math.floor(bound.value) + 1 if from_above else math.ceil(bound.value)


def _without_zero(node: Node, table: NDArray[np.int64], dense: Dense | Conv2d | Add) -> NDArray[np.int64]:
    """The one threshold between -1 and +1, once it is proved that a Sign's 0 can't occur.

    Bipolar inputs give every row's sum the parity of the sum of its weights, unless some are padded with 0.
    """
    if dense.input_type.bipolar and not (isinstance(dense, Conv2d) and dense.window.padded and not dense.pad):
        odd = (table - dense.weights.sum(axis=1, keepdims=True)) % 2 == 1
        table = np.minimum(table + odd, dense.row_ranges[:, 1:] + 1)
    for channel in np.nonzero(table[:, 0] != table[:, 1])[0]:
        raise ModelError(
            node.name,
            f"is a plain Sign, and gives 0 where the sum of channel {channel} is {table[channel, 0]}; "
            "hardware has one bit for -1 and +1: use BipolarQuant, where 0 gives +1",
        )
    return table[:, :1]


def _host(tail: list[Node]) -> Host:
    mul, add, softmax = exact_array(1), exact_array(0), False
    if tail and isinstance(tail[0].op, Affine):
        mul, add = tail[0].op.mul, tail[0].op.add
        tail.pop(0)
    if tail and isinstance(tail[0].op, Softmax):
        softmax = True
        tail.pop(0)
    if tail:
        kind = type(tail[0].op).__name__
        raise ModelError(
            tail[0].name, f"{kind} works on real numbers here; quantise its result, or remove it"
        )
    return Host(mul, add, softmax)
