"""One walk along a rewritten graph: each fault once, none that follows from another."""

from __future__ import annotations

import numpy as np

from bnngen.ir.elementwise import RELU, Affine
from bnngen.ir.graph import Graph, Node
from bnngen.ir.layers import Linear
from bnngen.ir.step import Bound, Step
from bnngen.ir.unread import Unread
from bnngen.numbers.datatypes import BIPOLAR, IntType
from bnngen.numbers.exact import Exact, exact_array
from bnngen.passes.faults import faults

SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
PLAIN_SIGN = Step(
    ((Bound(Exact(), strict=False), Bound(Exact(), strict=True)),), (False,), IntType(-1, 1), from_sign=True
)
SQUARE = Linear(np.ones((4, 4), np.int64))
TWICE = Affine(exact_array(2), exact_array(0))


def row(*ops: object) -> Graph:
    """The operators one behind the other, named by their number."""
    names = ["x", *map(str, range(len(ops)))]
    nodes = [Node(str(k), op, (names[k],)) for k, op in enumerate(ops)]  # type: ignore[arg-type]
    return Graph("x", (4,), tuple(nodes), names[-1])


def found(graph: Graph, *refused: str) -> list[str]:
    return [error.layer for error in faults(graph, frozenset(refused))]


def test_a_network_has_none() -> None:
    assert found(row(SIGN, SQUARE, SIGN, SQUARE, TWICE)) == []


def test_every_real_operator_in_the_way_is_one() -> None:
    assert found(row(SIGN, SQUARE, RELU, SQUARE, RELU, SQUARE)) == ["2", "4"]


def test_an_unread_node_is_none_and_hides_the_types_behind_it() -> None:
    assert found(row(SIGN, SQUARE, Unread((4,)), SQUARE, PLAIN_SIGN, SQUARE)) == []
    assert found(row(SIGN, SQUARE, PLAIN_SIGN, SQUARE)) == ["2"]


def test_a_scale_behind_an_unread_node_is_its_consequence() -> None:
    assert found(row(SIGN, Unread((4,)), TWICE, SQUARE)) == []
    assert found(row(SIGN, SQUARE, TWICE, SQUARE)) == ["2"]


def test_what_is_refused_is_not_said_again() -> None:
    assert found(row(SIGN, SQUARE, TWICE, SQUARE), "2") == []
    assert found(row(SIGN, SQUARE, RELU), "2") == []


def test_an_input_without_a_quantizer() -> None:
    assert found(row(SQUARE, SIGN, SQUARE, RELU)) == ["0", "3"]
