"""Step{0, 1} -> Linear(bipolar) => Step{-1, +1} -> Affine -> Linear."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Linear
from bnngen.ir.moves import Concatenation
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.binary_to_bipolar import binary_to_bipolar
from bnngen.passes.rewrite import verify

HALF = Fraction(1, 2)
FIRST = Linear(np.array([[1, -1], [1, 1]]))
BINARY = Step(((Bound(Exact.of(0.5), strict=True),),), (False,), IntType(0, 1))
SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
LAST = Linear(np.array([[1, -1], [-1, -1], [1, 1]]))


def test_the_bit_stays_and_its_meaning_changes() -> None:
    graph = chain((2,), FIRST, BINARY, LAST, SIGN)
    after = fire(binary_to_bipolar, graph, "n2")
    verify(after)
    assert [n.name for n in after.nodes] == ["n0", "n1", "n2_half", "n2", "n3"]
    assert after["n1"].op == Step(BINARY.rows, BINARY.falling, BIPOLAR)
    assert (list(after["n2_half"].op.mul), list(after["n2_half"].op.add)) == ([HALF], [HALF])
    same_meaning(graph, after, (-1, 0, 1, 2))


def test_a_name_that_is_taken_is_not_used_again() -> None:
    graph = chain((2,), FIRST, BINARY, LAST, SIGN)
    nodes = tuple(
        type(n)(
            "n2_half" if n.name == "n0" else n.name,
            n.op,
            tuple("n2_half" if i == "n0" else i for i in n.inputs),
        )
        for n in graph.nodes
    )
    renamed = Graph("x", (2,), nodes, "n3")
    after = fire(binary_to_bipolar, renamed, "n2")
    verify(after)
    same_meaning(renamed, after, (-1, 0, 1))


@pytest.mark.parametrize(
    "ops",
    [
        [FIRST, SIGN, LAST, SIGN],
        [FIRST, BINARY, Linear(np.array([[1, 0]])), SIGN],
        [FIRST, Step(BINARY.rows, BINARY.falling, IntType(1, 2)), LAST, SIGN],
        [FIRST, BINARY, SIGN, LAST, SIGN],
    ],
    ids=["bipolar already", "ternary weights", "another type", "not neighbours"],
)
def test_it_leaves_other_patterns_alone(ops: list[Any]) -> None:
    graph = chain((2,), *ops)
    assert [binary_to_bipolar(graph, node) for node in graph.nodes] == [None] * len(ops)


def test_the_quantizer_of_the_input_stays_as_it_is() -> None:
    """Whatever stands before it: the host could not make the bipolar codes of a strict threshold."""
    for ops in ([BINARY], [SIGN, BINARY]):
        graph = chain((2,), *ops, LAST, SIGN)
        assert binary_to_bipolar(graph, graph.nodes[len(ops)]) is None


def test_scores_without_a_threshold_behind_them_stay_comparable() -> None:
    """W/2 would give each class an offset of its own in front of the argmax."""
    for tail in ([], [ClassIndex(3)]):
        graph = chain((2,), FIRST, BINARY, LAST, *tail)
        assert binary_to_bipolar(graph, graph["n2"]) is None


def test_all_branches_of_a_concat_together() -> None:
    nodes = [
        Node("join", Concatenation(), ("s0", "s1")),
        Node("last", Linear(np.array([[1, -1, -1, 1]])), ("join",)),
    ]
    for k in (0, 1):
        nodes[:0] = [Node(f"p{k}", FIRST, ("x",)), Node(f"s{k}", BINARY, (f"p{k}",))]
    graph = Graph("x", (2,), (*nodes, Node("sign", SIGN, ("last",))), "sign")
    after = fire(binary_to_bipolar, graph, "last")
    assert [after[name].op.type for name in ("s0", "s1")] == [BIPOLAR] * 2
    same_meaning(graph, after, (-1, 0, 1, 2))
    other = graph.with_op("s1", Step(BINARY.rows, BINARY.falling, IntType(1, 2)))
    assert binary_to_bipolar(other, other["last"]) is None
