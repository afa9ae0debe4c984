"""Concat(x1, x2) -> Slice   =>   Slice1(x1), Slice2(x2) -> Concat

What isn't needed is not joined in the first place, and what scales or quantises the rest meets what makes it.
Inputs of which nothing is left drop out; all of one input needs no Slice; one input alone no Concat.
"""

from __future__ import annotations

from bnngen.ir.graph import Graph, Node
from bnngen.ir.moves import ChannelSlice, Concatenation


def slice_before_concat(graph: Graph, node: Node) -> Graph | None:
    """The rewrite above, at ``node``."""
    concat = graph.producer(node)
    if concat is None or not isinstance(concat.op, Concatenation) or not isinstance(node.op, ChannelSlice):
        return None
    shapes, offset, slices, ends = graph.shapes, 0, list[Node](), list[str]()
    for number, name in enumerate(concat.inputs):
        channels = shapes[name][-1]
        first, last = max(node.op.first - offset, 0), min(node.op.last - offset, channels)
        offset += channels
        if first >= last:
            continue
        if last - first < channels:
            slices.append(Node(graph.free_name(f"{node.name}_{number}"), ChannelSlice(first, last), (name,)))
            name = slices[-1].name
        ends.append(name)
    joined = [Node(node.name, Concatenation(), tuple(ends))]
    graph = graph.replaced({node.name: [*slices, *joined]})
    return (graph if len(ends) > 1 else graph.without(node.name)).pruned()
