"""How the scales behind a layer became its integer thresholds, in exact numbers, and whether that is right.

The chain of operators is the file's, as it is read, but for what says which are the quantisers and their
codes: see `READ`. The table is the network's. What a sum of integers stands for is known from the part of the
file in front of it, lowered by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bnngen.base.errors import ModelError, UsageError
from bnngen.base.text import joined, near_names
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Product, Sum
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape
from bnngen.ir.step import Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact
from bnngen.ops.layer import Layer
from bnngen.ops.threshold import Threshold
from bnngen.passes.chain import Chain, Level, scaled_back
from bnngen.passes.clip_behind_step import clip_behind_step
from bnngen.passes.lower import lower
from bnngen.passes.rewrite import rewrite
from bnngen.passes.rounding_into_step import rounding_into_step
from bnngen.passes.slice_before_concat import slice_before_concat
from bnngen.reference.network import Network

READ = (slice_before_concat, rounding_into_step, clip_behind_step)
"""What a Slice drops is no reader; a rounding with bounds is a quantiser; its codes lie between the ends of a
Clip behind it."""
FEW = 3
"""Channels that are traced by default."""
CHECKED = 64
"""Thresholds of a channel on whose two sides sums are tried, and further sums between them."""


@dataclass(frozen=True)
class TracedLevel:
    """One threshold: the real number ``real`` in the units of the layer's outputs in the file, that in units
    of the integer ``sums``, and the ``integer`` from which the accelerator counts, before it is clipped to
    the range of the sums. None: the level is always or never reached. ``strict``: beyond it, not on it."""

    real: Exact | None
    sums: Exact | None
    strict: bool
    integer: int | None


@dataclass(frozen=True)
class TracedChannel:
    """A channel: its chain; real output = ``mul`` * sum + ``add``; the ``range`` of its sums; whether its
    weights changed their sign (``negated``), whether the count of its table is turned round (``inverted``);
    the levels in the order of the codes; the ``table``; and how many of the ``checked`` sums come to another
    code by way of the operators than by the table (``wrong``)."""

    channel: int
    chain: Chain
    mul: Exact
    add: Exact
    range: tuple[int, int]
    negated: bool
    inverted: bool
    levels: tuple[TracedLevel, ...]
    table: tuple[int, ...]
    checked: int
    wrong: int


@dataclass(frozen=True)
class Trace:
    """A layer: its node in the graph as read, its integer layer, and what became of some of its channels."""

    start: Node
    layer: Layer
    codes: IntType
    channels: tuple[TracedChannel, ...]


def trace(graph: Graph, network: Network, name: str, channels: Sequence[int] | None = None) -> Trace:
    """The layer ``name`` of a graph as it was read, and of the network that became of it.

    ``channels``: those of the layer that are traced, by default the first `FEW`. Raises UsageError if there
    is no such layer or channel, or it has no thresholds, and ModelError where its sums can't be traced.
    """
    graph = rewrite(graph, READ).pruned()
    start, wanted = _start(graph, name)
    nodes = _nodes_behind(graph, start, wanted)
    number, activation, nodes = _table(network, start, nodes, wanted)
    relation = _Relation(graph, network, start)
    count = graph.shapes[start.name][-1]
    if channels is None:
        channels = [c for c in range(count) if _place(graph, start, nodes, c) is not None][:FEW]
    layer, traced = network.layers[number].op, list[TracedChannel]()
    for channel in channels:
        if not 0 <= channel < count:
            raise UsageError(f"'{start.name}' has the channels 0 to {count - 1}, not {channel}")
        places = _place(graph, start, nodes, channel)
        if places is None:
            raise UsageError(f"channel {channel} of '{start.name}' has no row of thresholds of its own")
        chain = Chain(tuple(nodes), places)
        row = channel if network.layers[number].name == start.name else places[-1]
        traced.append(_channel(chain, relation, layer, activation, channel, row))
    if not traced:
        raise UsageError(f"no channel of '{start.name}' has a row of thresholds of its own")
    return Trace(start, layer, activation.type, tuple(traced))


def _start(graph: Graph, name: str) -> tuple[Node, Node]:
    """The product or sum that a layer is, or stands behind; and that layer."""
    found = graph.maker(name) or next((n for n in graph.nodes if n.name.startswith(f"{name}_")), None)
    if found is None:
        layers = [n.name for n in graph.nodes if isinstance(n.op, Product | Sum | Step)]
        raise UsageError(f"no layer '{name}' computes anything behind the input; {near_names(name, layers)}")
    for node in (found, *graph.upstream(found)):
        if isinstance(node.op, Product | Sum):
            return node, found
    raise UsageError(
        f"'{name}' is in front of the first layer: the host computes it, by 'quantize' of interface.json"
    )


def _nodes_behind(graph: Graph, start: Node, wanted: Node) -> list[Node]:
    """The nodes behind the start, up to the last quantiser before the next product."""
    behind: list[Node] = []
    path = {wanted.name, *(node.name for node in graph.upstream(wanted))}
    node = start
    while True:
        readers = graph.consumers(node.name)
        chosen = readers if len(readers) == 1 else [r for r in readers if r.name in path]
        if len(chosen) != 1 or isinstance(chosen[0].op, Product | Sum):
            break
        node = chosen[0]
        behind.append(node)
    places = [place for place, n in enumerate(behind) if isinstance(n.op, Step)]
    if places:
        return behind[: places[-1] + 1]
    readers = graph.consumers(node.name)
    if len(readers) > 1:
        names = joined([f"'{r.name}'" for r in readers], "and")
        raise UsageError(f"'{node.name}' is read by {names}: trace one of these")
    where = f"'{readers[0].name}' reads them" if readers else "they leave the network"
    raise UsageError(f"the sums of '{start.name}' meet no quantiser: {where}, so they have no thresholds")


def _table(
    network: Network, start: Node, nodes: list[Node], wanted: Node
) -> tuple[int, Threshold, list[Node]]:
    """The number of the layer that holds the thresholds, these, and the nodes up to their quantiser: another
    one behind it may have a layer of its own."""
    places = {layer.name: number for number, layer in enumerate(network.layers)}
    steps = [place for place, node in enumerate(nodes) if isinstance(node.op, Step)]
    own = [place for place in steps if _own_layer(places, nodes[place].name) is not None]
    # a quantiser doesn't pass a Slice, which other readers may want to stay
    slices = [p for p, n in enumerate(nodes) if isinstance(n.op, ChannelSlice) and p > steps[0]]
    end = min([*own[:1], *slices], default=len(nodes))
    merged = [place for place in steps if place < end]
    if merged and wanted.name not in {node.name for node in nodes[merged[-1] + 1 :]}:
        number, last = places.get(start.name), merged[-1]
    elif own and own[0] == steps[0]:
        number, last = _own_layer(places, nodes[own[0]].name), own[0]
    else:
        before, name = nodes[steps[0]].name, nodes[steps[-1]].name
        raise UsageError(f"'{name}' compares the codes of '{before}', not sums: trace '{before}'")
    activation = getattr(network.layers[number].op, "activation", None) if number is not None else None
    if number is None or not isinstance(activation, Threshold):
        raise UsageError(f"the thresholds of '{start.name}' have gone into those of another layer")
    return number, activation, nodes[: last + 1]


def _own_layer(places: Mapping[str, int], step: str) -> int | None:
    """The layer that a quantiser is by itself, or the first of its parts."""
    return places.get(step, places.get(f"{step}_0"))


class _Relation:
    """What the sums of a layer stand for: real = mul*sum + add, channel by channel."""

    def __init__(self, graph: Graph, network: Network, start: Node) -> None:
        front = lower(replace(graph, output=start.name).pruned())
        self._host, self._name = front.host, start.name
        self._own, self._made = front.layers[-1].op, self._of(network)

    def _of(self, network: Network) -> Layer:
        found = next((layer.op for layer in network.layers if layer.name == self._name), None)
        if found is None:
            raise UsageError(f"'{self._name}' has become a part of other layers")
        return found

    def __call__(self, channel: int) -> tuple[Exact, Exact, bool]:
        """mul, add, and whether the channel's weights have the other sign. Raises ModelError where its
        weights became others."""
        mul, add = (values[channel % len(values)] for values in (self._host.mul, self._host.add))
        own, made = (np.asarray(getattr(op, "weights", 0)) for op in (self._own, self._made))
        if own.ndim != 2 or own.shape != made.shape:
            return mul, add, False
        negated = not np.array_equal(own[channel], made[channel])
        if negated and not np.array_equal(own[channel], -made[channel]):
            raise ModelError(
                self._name, f"has other weights in channel {channel} than the file's; not traced"
            )
        # sums of codes z, of which the file has (z + 1)/2
        halves = self._made.input_type == BIPOLAR and self._own.input_type == IntType(0, 1)
        if halves:
            mul, add = mul / 2, add + mul / 2 * int(own[channel].sum())
        return (-mul if negated else mul), add, negated


def _channel(
    chain: Chain, relation: _Relation, layer: Layer, activation: Threshold, channel: int, row: int
) -> TracedChannel:
    """``row`` is the channel's number in the layer that holds the thresholds."""
    mul, add, negated = relation(channel)
    held: Any = layer
    lo, hi = (int(end) for end in held.row_ranges[row])
    table = tuple(activation.thresholds[row].tolist())
    levels = chain.levels()
    traced = TracedChannel(
        channel,
        chain,
        mul,
        add,
        (lo, hi),
        negated,
        bool(activation.invert[row]),
        tuple(_traced(level, mul, add) for level in levels),
        table,
        0,
        0,
    )
    sums = _tried(layer, table, lo, hi, int(held.weights[row].sum()))
    wrong = sum(_expected(traced, levels, acc) != _counted(traced, acc) for acc in sums)
    return replace(traced, checked=len(sums), wrong=wrong)


def _place(graph: Graph, start: Node, nodes: Sequence[Node], channel: int) -> tuple[int, ...] | None:
    """Which channel of each node the start's channel is; None where it is cut away, or becomes several."""
    before, places = start.name, list[int]()
    for node in nodes:
        if isinstance(node.op, Concatenation):
            place = node.inputs.index(before)
            channel += sum(graph.shapes[name][-1] for name in node.inputs[:place])
        elif isinstance(node.op, ChannelSlice):
            channel -= node.op.first
        elif isinstance(node.op, Reshape) and not node.op.keeps_channels(graph.shapes[before]):
            return None
        if not 0 <= channel < graph.shapes[node.name][-1]:
            return None
        places.append(channel)
        before = node.name
    return tuple(places)


def _traced(level: Level, mul: Exact, add: Exact) -> TracedLevel:
    """A level in all three units. What falls is counted as not reaching the integer."""
    inner = scaled_back(level, mul, add)
    real, sums, strict = level.bound.value, inner.bound.value, inner.bound.strict
    if sums is None:
        return TracedLevel(real, None, strict, None)
    integer = math.floor(sums) + 1 if strict != inner.falls else math.ceil(sums)
    return TracedLevel(real, sums, strict, integer)


def _tried(layer: Layer, table: Sequence[int], lo: int, hi: int, weights: int) -> list[int]:
    """Sums on both sides of thresholds, the ends, and some between; only those that can occur."""
    near = {t + d for t in table[:: max(1, len(table) // CHECKED)] for d in (-1, 0, 1)}
    between = {lo + (hi - lo) * k // CHECKED for k in range(CHECKED + 1)}
    odd = layer.input_type == BIPOLAR and not layer.pads_zeros  # type: ignore[attr-defined]
    return sorted(s for s in near | between if lo <= s <= hi and not (odd and (s - weights) % 2))


def _expected(traced: TracedChannel, levels: Sequence[Level], acc: int) -> int:
    """How many levels a sum passes by way of the file's operators."""
    real = traced.mul * acc + traced.add
    if traced.chain.evaluates:
        return traced.chain.count(real)
    return sum(level.passed(real) for level in levels)


def _counted(traced: TracedChannel, acc: int) -> int:
    """The same by the table; a bipolar one has a single level, of which a plain Sign has two."""
    count = sum(acc >= threshold for threshold in traced.table)
    count = len(traced.table) - count if traced.inverted else count
    return count * len(traced.levels) if traced.chain.last.from_sign else count
