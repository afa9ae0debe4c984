"""Affine -> Slice, Upsample, Concat => the same -> Affine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node, Op
from bnngen.ir.layers import Linear
from bnngen.ir.moves import ChannelSlice, Concatenation, Reshape, Upsampling
from bnngen.numbers.exact import exact_array
from bnngen.passes.affine_behind_move import affine_behind_concat, affine_behind_move

EACH = Affine(exact_array([1, -2, 3]), exact_array([0, 1, -1]))
ONE = Affine(exact_array(2), exact_array(1))


@pytest.mark.parametrize("first", [EACH, ONE, RELU])
@pytest.mark.parametrize("move", [ChannelSlice(1, 3), Upsampling((2,))])
def test_it_keeps_its_channels(first: Op, move: Op) -> None:
    before = chain((1, 3), first, move)
    after = fire(affine_behind_move, before, "n1")
    assert [type(node.op) for node in after.nodes] == [type(move), type(first)]
    same_meaning(before, after, (-1, 0, 2))


def joined(*ops: Op | None) -> Graph:
    """Products behind ``x``, perhaps each with an operator behind it, joined."""
    nodes: list[Node] = []
    ends: list[str] = []
    for number, op in enumerate(ops):
        nodes.append(Node(f"p{number}", Linear(np.array([[1, 1], [1, -1], [0, 1]])), ("x",)))
        if op is not None:
            nodes.append(Node(f"a{number}", op, (f"p{number}",)))
        ends.append(nodes[-1].name)
    return Graph("x", (2,), (*nodes, Node("join", Concatenation(), tuple(ends))), "join")


@pytest.mark.parametrize("ops", [(EACH, ONE), (None, EACH), (ONE, ONE, None), (ONE, ONE)])
def test_the_parameters_are_joined_too(ops: tuple[Any, ...]) -> None:
    before = joined(*ops)
    after = fire(affine_behind_concat, before, "join")
    assert [n.name for n in after.nodes if isinstance(n.op, Affine)] == ["join_scale"]
    assert len(after["join_scale"].op.mul) == (1 if ops == (ONE, ONE) else 3 * len(ops))
    same_meaning(before, after, (-1, 0, 2))
    assert affine_behind_concat(after, after["join"]) is None


def test_one_tensor_twice() -> None:
    nodes = (Node("a", ONE, ("x",)), Node("join", Concatenation(), ("a", "a")))
    before = Graph("x", (2,), nodes, "join")
    same_meaning(before, fire(affine_behind_concat, before, "join"), (-1, 0, 2))


def test_who_else_reads_it_is_left_alone() -> None:
    nodes = (
        Node("a", ONE, ("x",)),
        Node("join", Concatenation(), ("a", "x")),
        Node("r", Concatenation(), ("join", "a")),
    )
    graph = Graph("x", (2,), nodes, "r")
    assert affine_behind_concat(graph, graph["join"]) is None
    assert affine_behind_move(graph, graph["join"]) is None


def test_channels_that_change_places_take_their_parameters_along() -> None:
    exchange = Reshape((3, 2), (((3, 2), (0, 1)), ((3, 1, 2), (0, 2, 1))))
    before = chain((2, 3), EACH, exchange)
    same_meaning(before, fire(affine_behind_move, before, "n1"), (-1, 2))


@pytest.mark.parametrize(
    ("op", "moves"),
    [
        (Affine(exact_array([1, 2, 1, 2]), exact_array([0])), True),
        (Affine(exact_array([1, 2, 3, 4]), exact_array([0])), False),
    ],
)
def test_blocks_of_channels_that_become_positions(op: Affine, moves: bool) -> None:
    """They share their parameters, or keep them."""
    spread = Reshape((2, 2), (((2, 2, 1), (1, 2, 0)),))
    before = chain((1, 4), op, spread)
    if not moves:
        assert affine_behind_move(before, before["n1"]) is None
        return
    same_meaning(before, fire(affine_behind_move, before, "n1"), (-1, 2))
