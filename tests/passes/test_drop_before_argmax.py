"""Softmax and affines in front of an argmax."""

from __future__ import annotations

import numpy as np
import pytest
from support.rewrites import chain, fire, same_meaning

from bnngen.ir.elementwise import Affine
from bnngen.ir.host_function import HostFunction
from bnngen.ir.layers import Linear
from bnngen.ir.monotone import Sigmoid
from bnngen.ir.step import Bound, Step
from bnngen.numbers.datatypes import BIPOLAR
from bnngen.numbers.exact import Exact, exact_array
from bnngen.ops.argmax import ClassIndex
from bnngen.passes.drop_before_argmax import drop_affine_before_argmax, drop_softmax_before_argmax
from bnngen.passes.rewrite import Refusal

LINEAR = Linear(np.array([[1, -1], [1, 1], [-1, 1], [1, 1]]))
SIGN = Step(((Bound(Exact(), strict=False),),), (False,), BIPOLAR)
TURNS = Refusal("n1", "turns the order of the scores in front of an argmax, or makes them all equal")


def affine(mul: object, add: object = 0) -> Affine:
    return Affine(exact_array(mul), exact_array(add))


def test_a_softmax_goes() -> None:
    graph = chain((2,), LINEAR, HostFunction("Softmax", 1, 4, 1), ClassIndex(4))
    after = fire(drop_softmax_before_argmax, graph, "n2")
    assert [n.name for n in after.nodes] == ["n0", "n2"]
    same_meaning(graph, after, (-1, 0, 1))


@pytest.mark.parametrize(
    "op", [affine(2, 1), affine(Exact.of(2).sqrt(), -3), affine([3, 3, 3, 3], [1, 1, 1, 1])]
)
def test_a_rising_affine_goes(op: Affine) -> None:
    graph = chain((2,), LINEAR, op, ClassIndex(4))
    after = fire(drop_affine_before_argmax, graph, "n2")
    assert [n.name for n in after.nodes] == ["n0", "n2"]
    assert after["n0"].op is LINEAR
    same_meaning(graph, after, (-1, 0, 1))


def test_a_falling_affine_turns_the_weights() -> None:
    graph = chain((2,), LINEAR, affine(-3, 1), ClassIndex(4))
    after = fire(drop_affine_before_argmax, graph, "n2")
    assert after["n0"].op.weights.tolist() == (-LINEAR.weights).tolist()
    assert [n.name for n in after.nodes] == ["n0", "n2"]
    same_meaning(graph, after, (-1, 0, 1))


@pytest.mark.parametrize("op", [affine([1, 1, 1, 2]), affine(1, [0, 0, 0, 1])])
def test_one_scale_or_offset_for_each_class_stays(op: Affine) -> None:
    graph = chain((2,), LINEAR, op, ClassIndex(4))
    assert drop_affine_before_argmax(graph, graph["n2"]) is None


@pytest.mark.parametrize(
    ("function", "goes"),
    [
        (HostFunction("LogSoftmax", 1, 4, 1), True),
        (Sigmoid(), True),
        (HostFunction("Softmax", 2, 2, 1), False),
    ],
)
def test_what_keeps_the_order_goes(function: HostFunction | Sigmoid, goes: bool) -> None:
    graph = chain((2,), LINEAR, function, ClassIndex(4))
    after = drop_softmax_before_argmax(graph, graph["n2"])
    assert (after is not None) == goes


def test_what_turns_the_order_for_good_is_refused() -> None:
    graph = chain((2,), LINEAR, affine(0, 1), ClassIndex(4))
    assert drop_affine_before_argmax(graph, graph["n2"]) == TURNS
    graph = chain((2,), SIGN, affine(-1), ClassIndex(2))
    assert drop_affine_before_argmax(graph, graph["n2"]) == TURNS


def test_they_leave_other_patterns_alone() -> None:
    graph = chain((2,), LINEAR, HostFunction("Softmax", 1, 4, 1), affine(2), SIGN, ClassIndex(4))
    for node in graph.nodes:
        assert drop_softmax_before_argmax(graph, node) is None
        assert drop_affine_before_argmax(graph, node) is None
