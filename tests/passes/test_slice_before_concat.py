"""Concat -> Slice => Slice -> Concat."""

from __future__ import annotations

from typing import Any

import pytest
from support.rewrites import fire, same_meaning

from bnngen.ir.graph import Graph, Node
from bnngen.ir.moves import ChannelSlice, Concatenation, Upsampling
from bnngen.passes.slice_before_concat import slice_before_concat


def graph(first: int, last: int, *more: Node) -> Graph:
    nodes = (
        Node("up", Upsampling((1,)), ("x",)),
        Node("join", Concatenation(), ("x", "up", "x")),
        Node("cut", ChannelSlice(first, last), ("join",)),
    )
    return Graph("x", (1, 2), (*nodes, *more), more[-1].name if more else "cut")


@pytest.mark.parametrize(
    ("first", "last", "kinds"),
    [
        (0, 5, [Upsampling, ChannelSlice, Concatenation]),
        (1, 3, [Upsampling, ChannelSlice, ChannelSlice, Concatenation]),
        (2, 4, [Upsampling]),
        (3, 4, [Upsampling, ChannelSlice]),
        (0, 6, [Upsampling, Concatenation]),
        (0, 1, [ChannelSlice]),
    ],
)
def test_only_what_is_left(first: int, last: int, kinds: list[Any]) -> None:
    before = graph(first, last)
    after = fire(slice_before_concat, before, "cut")
    assert [type(n.op) for n in after.nodes] == kinds
    same_meaning(before, after, (-1, 0, 2))


def test_other_readers_keep_the_whole() -> None:
    before = graph(1, 3, Node("both", Concatenation(), ("cut", "join")))
    after = fire(slice_before_concat, before, "cut")
    assert [n.name for n in after.nodes if isinstance(n.op, Concatenation)] == ["join", "cut", "both"]
    same_meaning(before, after, (-1, 0, 2))
