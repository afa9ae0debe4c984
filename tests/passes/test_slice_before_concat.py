"""Concat -> Slice => Slice -> Concat."""

from __future__ import annotations

import pytest
from support.rewrites import fire, same_meaning

from bnngen.ir.graph import Graph, Node
from bnngen.ir.quantized import Concat, Slice, Upsample
from bnngen.passes.slice_before_concat import slice_before_concat


def graph(first: int, last: int, *more: Node) -> Graph:
    nodes = (
        Node("up", Upsample((1,)), ("x",)),
        Node("join", Concat(), ("x", "up", "x")),
        Node("cut", Slice(first, last), ("join",)),
    )
    return Graph("x", (1, 2), (*nodes, *more), more[-1].name if more else "cut")


@pytest.mark.parametrize(
    ("first", "last", "kinds"),
    [
        (0, 5, [Upsample, Slice, Concat]),
        (1, 3, [Upsample, Slice, Slice, Concat]),
        (2, 4, [Upsample]),
        (3, 4, [Upsample, Slice]),
        (0, 6, [Upsample, Concat]),
        (0, 1, [Slice]),
    ],
)
def test_only_what_is_left(first: int, last: int, kinds: list) -> None:
    before = graph(first, last)
    after = fire(slice_before_concat, before, "cut")
    assert [type(n.op) for n in after.nodes] == kinds
    same_meaning(before, after, (-1, 0, 2))


def test_other_readers_keep_the_whole() -> None:
    before = graph(1, 3, Node("both", Concat(), ("cut", "join")))
    after = fire(slice_before_concat, before, "cut")
    assert [n.name for n in after.nodes if isinstance(n.op, Concat)] == ["join", "cut", "both"]
    same_meaning(before, after, (-1, 0, 2))
